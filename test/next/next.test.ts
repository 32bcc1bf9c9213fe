import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp, databaseOf, installApp, secret, startApp, type StartedApp } from '../packed/built-app.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { describeIf } from '../support/optional.ts';

const docs = new URL('../../docs/nextjs.md', import.meta.url).pathname;

// It installs Next.js from the npm registry and builds the app, and takes minutes.
describeIf(chromiumProgram !== undefined, 'apps/next in Chromium', 'install chromium, or set CHROMIUM_PATH', () => {
  let folder: string;
  let files: string[];
  let server: StartedApp;
  let browser: Browser;

  beforeAll(async () => {
    folder = await installApp('next');
    await buildApp(folder);
    files = await readdir(folder);
    server = await startApp(folder, '/login');
    browser = await launchBrowser();
  }, 900_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
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
    (await page.context().cookies(server.origin)).filter(({ name }) => name === '__Host-session');

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
    const response = await fetch(`${server.origin}/`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([303, expect.stringMatching(/\/login$/)]);
  });

  test('a server action signs in, the hooks know it at once and after a reload without a flash, and another signs out', async () => {
    const { page, statuses } = await openPage();
    await page.goto(`${server.origin}/`);
    expect(page.url()).toBe(`${server.origin}/login`);
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
    await page.waitForURL(`${server.origin}/login`);
    await expect.poll(() => page.locator('#status').textContent()).toBe('signedOut');
    expect(await cookiesOf(page)).toEqual([]);
  });

  test('a session that is revoked is refused by the page, though the gate lets it pass; a forged cookie is cleared', async () => {
    const { page } = await openPage();
    await page.goto(`${server.origin}/login`);
    await signIn(page);
    await expect.poll(() => page.locator('#user').textContent()).toBe('ada');

    const dialect = new SqliteDialect({ database: new SQLite(databaseOf(folder)) });
    const db = new Kysely<SessionsDatabase>({ dialect });
    const manager = createSessionManager({ db, keys: secret });
    await manager.revokeAll('ada');
    await manager.close();
    await db.destroy();
    await page.goto(`${server.origin}/`);
    expect(page.url()).toBe(`${server.origin}/login`);
    expect(await cookiesOf(page)).toHaveLength(1);

    const [cookie] = await cookiesOf(page);
    await page.context().addCookies([{ ...cookie!, value: `${cookie!.value.slice(0, -4)}AAAA` }]);
    await page.goto(`${server.origin}/`);
    expect(page.url()).toBe(`${server.origin}/login`);
    expect(await cookiesOf(page)).toEqual([]);
  });

  test('it builds with Cache Components too, with the line of the page', async () => {
    const [, line = ''] = /```ts\n(export const instant = false;\n)```/.exec(await readFile(docs, 'utf8')) ?? [];
    await appendFile(join(folder, 'app/layout.tsx'), line);
    await writeFile(join(folder, 'next.config.mjs'), "export default { cacheComponents: true, distDir: '.cached' };");
    await buildApp(folder);
  }, 600_000);
});
