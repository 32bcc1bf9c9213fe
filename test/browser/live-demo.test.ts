import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { start, startHere, type RunningDemo } from '../demo/demo-process.ts';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { createPostgresDatabase } from '../support/database.ts';
import { endedElsewhere, openDemo, userAgentOf, type DemoPage, type Device } from '../support/demo-page.ts';
import { describeIf, slow } from '../support/optional.ts';
import { freePort } from '../support/ports.ts';

const minute = 60_000;
const inChromium = slow({
  available: chromiumProgram !== undefined,
  howToEnable: 'install chromium, or set CHROMIUM_PATH',
});

describeIf(inChromium.available, 'live sessions in Chromium', inChromium.howToEnable, () => {
  let browser: Browser;
  let databaseUrl: string;

  beforeAll(async () => {
    browser = await connectBrowser();
    return () => browser.close();
  });

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-live-'));
    databaseUrl = `file:${join(folder, 'demo.db')}`;
    return () => rm(folder, { recursive: true, force: true });
  });

  const originOf = ({ port }: RunningDemo): string => `http://127.0.0.1:${port}`;

  /** Opens the demo in a browser of its own. */
  async function open(demo: RunningDemo, device: Device = 'desktop'): Promise<DemoPage> {
    const context = await browser.newContext({ userAgent: userAgentOf(device) });
    onTestFinished(() => context.close());
    // A limit for a hang: on a busy machine a page is slow.
    context.setDefaultTimeout(100_000);
    return openDemo(context, originOf(demo));
  }

  /** Signs in with another client. Returns its token. */
  async function signInElsewhere(demo: RunningDemo, name: string): Promise<string> {
    const input = { username: 'admin', password: 'admin', device: { name } };
    const { body } = await demo.call('login', { input });
    return JSON.parse(body).result.data.token;
  }

  const row = ({ others }: DemoPage, title: string) => others.filter({ hasText: title }).first();

  /** The paths of the requests of a page from now on. */
  function requestsOf({ page }: DemoPage): string[] {
    const paths: string[] = [];
    page.on('request', (request) => paths.push(new URL(request.url()).pathname));
    return paths;
  }

  const postgres = inject('postgresUrl') !== null;
  const redisUrl = inject('redisUrl');
  for (const [name, available, env] of [
    ['PostgreSQL and Redis', postgres && redisUrl !== null, { REDIS_URL: redisUrl ?? '' }],
    ['PostgreSQL alone', postgres, {}],
  ] as const) {
    describeIf(available, `on two processes with ${name}`, 'install postgresql and redis', () => {
      test('a page follows the sign-ins and the revocations of the other process', async () => {
        const database = await createPostgresDatabase();
        onTestFinished(database.dispose);
        const settings = { DATABASE_URL: database.url, ...env };
        const starting = [startHere(settings), start(settings)] as const;
        await using a = await starting[0];
        await using b = await starting[1];
        const [desktop, phone] = await Promise.all([open(a), open(b, 'phone')]);
        await Promise.all([desktop.signIn(), phone.signIn()]);
        await row(desktop, 'Safari on iPhone').waitFor();
        await signInElsewhere(b, 'Kitchen radio');
        await row(desktop, 'Kitchen radio').waitFor();
        await phone.end('Kitchen radio');
        await row(desktop, 'Kitchen radio').waitFor({ state: 'detached' });
        await phone.end('on Windows');
        await desktop.isSignedOut(endedElsewhere);
        expect(b.log).not.toContain('Warning');
      });
    });
  }

  test('of three devices, each shows at once what another does, in all of its tabs', async () => {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    const devices = [await open(demo), await open(demo, 'tablet'), await open(demo, 'phone')] as const;
    await Promise.all(devices.map((device) => device.signIn()));
    const [desktop, tablet, phone] = devices;
    const tab = await openDemo(phone.context, originOf(demo));
    await tab.isSignedIn();
    for (const other of [desktop, tablet]) await row(other, 'Safari on iPhone').waitFor();
    await tablet.end('Safari on iPhone');
    for (const each of [phone, tab]) await each.isSignedOut(endedElsewhere);
    for (const other of [desktop, tablet]) await row(other, 'Safari on iPhone').waitFor({ state: 'detached' });
    await tablet.signOut();
    await tablet.isSignedOut('');
    await desktop.page.getByText('You are signed in on this device only.').waitFor();
  });

  test('after a restart of the server, and after a time offline, the list is right again without a reload', async () => {
    const env = { DATABASE_URL: databaseUrl, PORT: String(await freePort()) };
    let demo = await startHere(env);
    const desktop = await open(demo);
    await desktop.signIn();
    await demo[Symbol.asyncDispose]();
    demo = await startHere(env);
    const radio = await signInElsewhere(demo, 'Kitchen radio');
    await row(desktop, 'Kitchen radio').waitFor();

    await desktop.context.setOffline(true);
    await demo.call('logout', { token: radio, input: {} });
    await signInElsewhere(demo, 'Garden radio');
    await desktop.context.setOffline(false);
    await row(desktop, 'Garden radio').waitFor();
    await row(desktop, 'Kitchen radio').waitFor({ state: 'detached' });
    await demo[Symbol.asyncDispose]();
  });

  test('a page sends no request while nothing happens, and none with a token that was revoked', async () => {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    const desktop = await open(demo);
    await desktop.page.clock.install();
    await desktop.page.reload();
    await desktop.signIn();
    // By now its stream is open.
    await signInElsewhere(demo, 'Kitchen radio');
    await row(desktop, 'Kitchen radio').waitFor();
    const requests = requestsOf(desktop);
    await desktop.page.clock.runFor(minute);
    const token = await signInElsewhere(demo, 'Garden radio');
    await row(desktop, 'Garden radio').waitFor();
    expect(requests).toEqual([]);
    await demo.call('sessions.revokeOthers', { token, input: {} });
    await desktop.isSignedOut(endedElsewhere);
    await desktop.page.clock.runFor(10 * minute);
    expect(requests).toEqual([]);
  });

  test('a page with a token of another server does not send it again and again', async () => {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    const desktop = await open(demo);
    await desktop.page.clock.install();
    const token = (await signInElsewhere(demo, 'Kitchen radio')).replace(/[^.]+$/, 'A'.repeat(43));
    await desktop.page.evaluate((text) => localStorage.setItem('trpc-sessions.token', text), token);
    const requests = requestsOf(desktop);
    await desktop.page.reload();
    await desktop.isSignedOut('');
    await desktop.page.clock.runFor(10 * minute);
    // Those that were under way when the first refusal came.
    expect(requests.filter((path) => path.startsWith('/trpc/')).length).toBeLessThan(4);
  });
});
