import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import { start, startHere, type RunningDemo } from '../demo/demo-process.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { createPostgresDatabase } from '../support/database.ts';
import { endedElsewhere, openDemo, userAgentOf, type DemoPage, type Device } from '../support/demo-page.ts';
import { describeIf } from '../support/optional.ts';
import { freePort } from '../support/ports.ts';

const minute = 60_000;
const howToEnable = 'install chromium, or set CHROMIUM_PATH';

describeIf(chromiumProgram !== undefined, 'live sessions in Chromium', howToEnable, () => {
  let browser: Browser;
  let databaseUrl: string;

  beforeAll(async () => {
    browser = await launchBrowser();
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
        const [desktop, phone] = [await open(a), await open(b, 'phone')];
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

  test('of three devices, each shows at once what another does', async () => {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    const desktop = await open(demo);
    await desktop.signIn();
    const tablet = await open(demo, 'tablet');
    await tablet.signIn();
    const phone = await open(demo, 'phone');
    await phone.signIn();
    for (const other of [desktop, tablet]) await row(other, 'Safari on iPhone').waitFor();
    await tablet.end('Safari on iPhone');
    await phone.isSignedOut(endedElsewhere);
    for (const other of [desktop, tablet]) await row(other, 'Safari on iPhone').waitFor({ state: 'detached' });
    await tablet.signOut();
    await tablet.isSignedOut('');
    await desktop.page.getByText('You are signed in on this device only.').waitFor();
  });

  test('all tabs of a browser follow, and are signed out with the reason', async () => {
    await using demo = await startHere({ DATABASE_URL: databaseUrl });
    const first = await open(demo);
    await first.signIn();
    const second = await openDemo(first.context, originOf(demo));
    await second.isSignedIn();
    const token = await signInElsewhere(demo, 'Kitchen radio');
    for (const tab of [first, second]) await row(tab, 'Kitchen radio').waitFor();
    await demo.call('sessions.revokeOthers', { token, input: {} });
    for (const tab of [first, second]) await tab.isSignedOut(endedElsewhere);
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

  test('a page that is idle for a minute sends no request', async () => {
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
    await signInElsewhere(demo, 'Garden radio');
    await row(desktop, 'Garden radio').waitFor();
    expect(requests).toEqual([]);
  });

  test.each(['that was revoked', 'that is not of this server'])(
    'a token %s is not sent again and again',
    async (which) => {
      await using demo = await startHere({ DATABASE_URL: databaseUrl });
      const desktop = await open(demo);
      await desktop.page.clock.install();
      await desktop.page.reload();
      const requests = requestsOf(desktop);
      if (which === 'that was revoked') {
        await desktop.signIn();
        const token = await signInElsewhere(demo, 'Kitchen radio');
        await row(desktop, 'Kitchen radio').waitFor();
        requests.length = 0;
        await demo.call('sessions.revokeOthers', { token, input: {} });
      } else {
        const token = (await signInElsewhere(demo, 'Kitchen radio')).replace(/[^.]+$/, 'A'.repeat(43));
        await desktop.page.evaluate((text) => localStorage.setItem('trpc-sessions.token', text), token);
        await desktop.page.reload();
      }
      await desktop.isSignedOut('');
      await desktop.page.clock.runFor(10 * minute);
      expect(requests.filter((path) => path.startsWith('/trpc/')).length).toBeLessThan(5);
      requests.length = 0;
      await desktop.page.clock.runFor(10 * minute);
      expect(requests).toEqual([]);
    },
  );
});
