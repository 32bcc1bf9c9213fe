import { execFile, spawn } from 'node:child_process';
import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../packed/app.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { describeIf } from '../support/optional.ts';
import { freePort } from '../support/ports.ts';

const run = promisify(execFile);
const source = new URL('../../apps/next/', import.meta.url).pathname;
const docs = new URL('../../docs/nextjs.md', import.meta.url).pathname;
const secret = 'a secret of more than thirty-two bytes';

// It installs Next.js from the npm registry and builds the app, and takes minutes.
describeIf(chromiumProgram !== undefined, 'apps/next in Chromium', 'install chromium, or set CHROMIUM_PATH', () => {
  let folder: string;
  let origin: string;
  let browser: Browser;
  let files: string[];
  let stop: () => Promise<void>;
  const database = () => join(folder, 'test.db');
  const next = () => join(folder, 'node_modules/next/dist/bin/next');
  const env = () => ({
    ...process.env,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DATABASE_FILE: database(),
  });
  // Without a secret and without a database.
  const build = () => run(process.execPath, [next(), 'build'], { cwd: folder, env: env(), timeout: 600_000 });

  beforeAll(async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'));
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies });
    const packages = versions.filter(([name]) => !name.startsWith('@trpc-sessions/'));
    folder = await createApp(
      {},
      packages.map(([name, version]) => `${name}@${version}`),
    );
    await cp(source, folder, { recursive: true, filter: (path) => !/package\.json$|node_modules|\.next/.test(path) });
    await build();
    files = await readdir(folder);

    const port = await freePort();
    origin = `http://localhost:${port}`;
    const server = spawn(process.execPath, [next(), 'start', '-p', String(port)], {
      cwd: folder,
      env: { ...env(), SESSION_SECRET: secret },
      stdio: 'ignore',
    });
    stop = async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await ended;
    };
    await eventually(async () => expect((await fetch(`${origin}/login`)).status).toBe(200));
    browser = await launchBrowser();
  }, 900_000);

  afterAll(async () => {
    await browser?.close();
    await stop?.();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a page, and records each status that it shows, from the server's HTML on. */
  async function openPage(): Promise<{ page: Page; statuses: () => Promise<string[]> }> {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(() => {
      const seen: string[] = [];
      Reflect.set(window, 'seen', seen);
      const look = () => {
        const text = document.querySelector('#status')?.textContent;
        if (text && seen.at(-1) !== text) seen.push(text);
        requestAnimationFrame(look);
      };
      look();
    });
    return { page, statuses: () => page.evaluate(() => Reflect.get(window, 'seen') as string[]) };
  }

  const cookiesOf = async (page: Page) =>
    (await page.context().cookies(origin)).filter(({ name }) => name === '__Host-session');

  async function signIn(page: Page, password = 'lovelace'): Promise<void> {
    await page.getByLabel('Username').fill('ada');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  test('it builds without a secret, and opens no database', () => {
    expect(files).not.toContain('test.db');
    expect(files).not.toContain('app.db');
  });

  test('a visitor is sent to the sign-in page, before a page renders', async () => {
    const response = await fetch(`${origin}/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, expect.stringMatching(/\/login$/)]);
  });

  test('a server action signs in, the hooks know it at once and after a reload without a flash, and another signs out', async () => {
    const { page, statuses } = await openPage();
    await page.goto(`${origin}/`);
    expect(page.url()).toBe(`${origin}/login`);
    await signIn(page, 'wrong');
    await expect.poll(() => page.getByRole('alert').first().textContent()).toBe('Wrong username or password.');

    await signIn(page);
    await expect.poll(() => page.locator('h1').textContent()).toBe('Hello, ada');
    await expect.poll(() => page.locator('#user').textContent()).toBe('ada');
    await expect.poll(() => page.locator('#count').textContent()).toBe('1 sessions');
    expect(await statuses()).toEqual(['signedOut', 'signedIn']);
    const [cookie] = await cookiesOf(page);
    expect(cookie).toMatchObject({ name: '__Host-session', httpOnly: true, secure: true });

    await page.reload();
    expect(await page.locator('#status').textContent()).toBe('signedIn');
    await expect.poll(() => page.locator('#count').textContent()).toBe('1 sessions');
    expect(await statuses()).toEqual(['signedIn']);

    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL(`${origin}/login`);
    await expect.poll(() => page.locator('#status').textContent()).toBe('signedOut');
    expect(await cookiesOf(page)).toEqual([]);
  });

  test('a session that is revoked is refused by the page, though the gate lets it pass; a forged cookie is cleared', async () => {
    const { page } = await openPage();
    await page.goto(`${origin}/login`);
    await signIn(page);
    await expect.poll(() => page.locator('#user').textContent()).toBe('ada');

    const dialect = new SqliteDialect({ database: new SQLite(database()) });
    const db = new Kysely<SessionsDatabase>({ dialect });
    const manager = createSessionManager({ db, keys: secret });
    await manager.revokeAll('ada');
    await manager.close();
    await db.destroy();
    await page.goto(`${origin}/`);
    expect(page.url()).toBe(`${origin}/login`);
    expect(await cookiesOf(page)).toHaveLength(1);

    const [cookie] = await cookiesOf(page);
    await page.context().addCookies([{ ...cookie!, value: `${cookie!.value.slice(0, -4)}AAAA` }]);
    await page.goto(`${origin}/`);
    expect(page.url()).toBe(`${origin}/login`);
    expect(await cookiesOf(page)).toEqual([]);
  });

  test('it builds with Cache Components too, with the line of the page', async () => {
    const [, line = ''] = /```ts\n(export const instant = false;\n)```/.exec(await readFile(docs, 'utf8')) ?? [];
    await appendFile(join(folder, 'app/layout.tsx'), line);
    await writeFile(join(folder, 'next.config.mjs'), "export default { cacheComponents: true, distDir: '.cached' };");
    await build();
  }, 600_000);
});
