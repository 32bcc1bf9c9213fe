import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { start, type DemoProcess } from '../demo/demo-process.ts';
import { launchBrowser } from '../support/browser.ts';
import { startPostgres, startRedis } from '../support/database-servers.ts';
import { endedElsewhere, openDemo, userAgentOf } from '../support/demo-page.ts';
import { removeRun, runFolder } from '../support/run.ts';

// How long a page of the demo in Chromium takes to follow another device. One time is from the call that revokes its session to the
// signed-out screen. Another is from the call that signs in to the new row: the password takes most of that time. It also counts
// the requests of an idle page.
//
//   npx -y pnpm@12.21.0 build && node --conditions=@trpc-sessions/source test/browser/latency.ts [ROUNDS]

const rounds = Number(process.argv[2] ?? 50);

const now = (): number => performance.timeOrigin + performance.now();

/** Has the page note the frame that first shows a text. Returns a function that waits for its time. */
async function noteWhen(page: Page, text: string): Promise<() => Promise<number>> {
  await page.evaluate((expected) => {
    const noted = new Promise<number>((resolve) => {
      const observer = new MutationObserver(check);
      function check(): void {
        if (!document.body.textContent.includes(expected)) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
      }
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    Object.assign(window, { noted });
  }, text);
  return () => page.evaluate(() => Reflect.get(window, 'noted') as Promise<number>);
}

async function signInElsewhere(demo: DemoProcess, name: string): Promise<string> {
  const { body } = await demo.call('login', { input: { username: 'admin', password: 'admin', device: { name } } });
  return JSON.parse(body).result.data.token;
}

interface Figures {
  readonly ended: number[];
  readonly created: number[];
  /** The time of the call that signs in, with its password. */
  readonly signIn: number[];
  /** In 60 seconds in which nothing happens. */
  idleRequests: number;
}

/** @param here - the process of the page @param there - the process of the calls */
async function measure(browser: Browser, here: DemoProcess, there: DemoProcess): Promise<Figures> {
  const context = await browser.newContext({ userAgent: userAgentOf('desktop') });
  const demo = await openDemo(context, `http://127.0.0.1:${here.port}`);
  const figures: Figures = { ended: [], created: [], signIn: [], idleRequests: 0 };
  const other = await signInElsewhere(there, 'Other');
  await demo.signIn();
  await demo.others.filter({ hasText: 'Other' }).first().waitFor();
  for (let round = 0; round < rounds; round += 1) {
    const name = `Radio ${round}.`;
    const isCreated = await noteWhen(demo.page, name);
    const from = now();
    const token = await signInElsewhere(there, name);
    figures.signIn.push(now() - from);
    figures.created.push((await isCreated()) - from);
    await there.call('logout', { token, input: {} });
  }
  for (let round = 0; round < rounds; round += 1) {
    const isEnded = await noteWhen(demo.page, endedElsewhere);
    const from = now();
    await there.call('sessions.revokeOthers', { token: other, input: {} });
    figures.ended.push((await isEnded()) - from);
    await demo.signIn();
    // By now its stream is open.
    const isNews = await noteWhen(demo.page, `News ${round}.`);
    await signInElsewhere(there, `News ${round}.`);
    await isNews();
  }
  // Ended sessions and dialogs have settled: from now on, nothing happens.
  demo.page.on('request', () => (figures.idleRequests += 1));
  await sleep(60_000);
  await context.close();
  return figures;
}

function rowOf(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.ceil(part * sorted.length) - 1] ?? NaN).toFixed(0);
  return `${at(0.5)} ms | ${at(0.95)} ms | ${at(1)} ms`;
}

const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-latency-'));
runFolder();
process.once('exit', removeRun);
const browser = await launchBrowser();
const [postgres, redis] = [await startPostgres(), await startRedis()];
const worlds: [name: string, nodes: number, env: Record<string, string>][] = [
  ['One process, SQLite', 1, { DATABASE_URL: `file:${join(folder, 'demo.db')}` }],
  ['Two processes, PostgreSQL and Redis', 2, { DATABASE_URL: postgres.url, REDIS_URL: redis.url }],
  ['Two processes, PostgreSQL alone', 2, { DATABASE_URL: postgres.url }],
];

console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, Chromium ${browser.version()}`);
console.log(`${rounds} rounds each: median | 95 of 100 | longest`);
for (const [name, nodes, env] of worlds) {
  await using here = await start(env);
  await using there = nodes === 1 ? undefined : await start(env);
  const { ended, created, signIn, idleRequests } = await measure(browser, here, there ?? here);
  console.log(`| ${name} | revoked → signed-out screen | ${rowOf(ended)} |`);
  console.log(`| ${name} | sign-in → new row | ${rowOf(created)} |`);
  const afterwards = created.map((time, round) => Math.max(0, time - (signIn[round] ?? 0)));
  console.log(`| ${name} | answer to the sign-in → new row | ${rowOf(afterwards)} |`);
  console.log(`${name}: ${idleRequests} requests of the page in 60 idle seconds`);
}
await browser.close();
await rm(folder, { recursive: true });
