import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createSessionManager } from '@trpc-sessions/core';
import SQLite from 'better-sqlite3';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp, databaseOf, installApp, secret, startApp, type StartedApp } from '../packed/built-app.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { describeIf } from '../support/optional.ts';

const run = promisify(execFile);

interface App {
  readonly title: string;
  /** In place of the versions of its `package.json`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** The type-check, as arguments of `vue-tsc`. */
  readonly check: readonly string[];
}

const apps: readonly App[] = [
  { title: 'apps/nuxt', check: ['-b', '--noEmit'] },
  { title: 'apps/nuxt in the layout of Nuxt 3', versions: { nuxt: '3.21.8' }, check: ['--noEmit'] },
];

// They install Nuxt from the npm registry and build the app, and take minutes.
describeIf(chromiumProgram !== undefined, 'Nuxt', 'install chromium, or set CHROMIUM_PATH', () => {
  describe.each(apps)('$title in Chromium', ({ versions, check }) => {
    let folder: string;
    let server: StartedApp;
    let browser: Browser;

    beforeAll(async () => {
      folder = await installApp('nuxt', versions);
      if (versions !== undefined) await useOldLayout(folder);
      await buildApp(folder);
      server = await startApp(folder, '/login');
      browser = await launchBrowser();
    }, 900_000);

    afterAll(async () => {
      await browser?.close();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    async function signIn(page: Page): Promise<void> {
      // Until the page is hydrated, the browser itself would send the form.
      await page.goto(`${server.origin}/login`, { waitUntil: 'networkidle' });
      await page.locator('[name=username]').fill('ada');
      await page.locator('[name=password]').fill('lovelace');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${server.origin}/`);
    }

    /** The HTML of a page, as the server renders it for the browser. */
    const render = async (context: BrowserContext): Promise<string> =>
      (await context.request.get(server.origin)).text();
    const cookieOf = async (context: BrowserContext) =>
      (await context.cookies()).find(({ name }) => name === '__Host-session');
    const text = (page: Page, id: string) => page.locator(id).textContent();

    test('it type-checks', async () => {
      await run(process.execPath, ['node_modules/vue-tsc/bin/vue-tsc.js', ...check], { cwd: folder, timeout: 120_000 });
    });

    test('signing in and out, and the server and the browser agree', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => message.type() !== 'info' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));

      await page.goto(`${server.origin}/`);
      expect(page.url()).toBe(`${server.origin}/login`);
      await signIn(page);
      await expect.poll(() => text(page, 'h1')).toBe('Hello, ada');
      expect(await text(page, '#status')).toBe('signedIn');
      expect(await cookieOf(context)).toMatchObject({ httpOnly: true, secure: true });

      const html = await render(context);
      expect((await context.request.get(server.origin)).headers()['cache-control']).toBe('no-store');
      expect(html).toContain('Hello, ada');
      expect(html).toContain('1 sessions');
      await page.reload();
      expect(await text(page, '#user')).toBe('ada');

      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.waitForURL(`${server.origin}/login`);
      expect(await cookieOf(context)).toBeUndefined();
      expect(await render(context)).not.toContain('Hello, ada');
      expect(complaints).toEqual([]);
      await context.close();
    });

    test('a session keeps its address when a page renders, and the other device is live in the list and leaves its page', async () => {
      const [first, second] = [await browser.newContext(), await browser.newContext()];
      const [mine, other] = [await first.newPage(), await second.newPage()];
      await signIn(mine);
      await expect.poll(() => text(mine, '#count')).toBe('1 sessions');
      await signIn(other);
      await expect.poll(() => text(mine, '#count')).toBe('2 sessions');
      await render(second);

      const db = new SQLite(databaseOf(folder), { readonly: true });
      const manager = createSessionManager({ db, keys: secret });
      expect((await manager.list('ada')).map(({ ip }) => ip !== null)).toEqual([true, true]);
      await manager.close();
      db.close();

      await mine.getByRole('button', { name: 'Sign out the others' }).click();
      await other.waitForURL(`${server.origin}/login`);
      expect(await text(other, '#status')).toBe('signedOut');
      await expect.poll(() => text(mine, '#count')).toBe('1 sessions');
      await first.close();
      await second.close();
    });
  });
});

/** Nuxt 3 has the files of `app/` beside `server/`, and one configuration of TypeScript. */
async function useOldLayout(folder: string): Promise<void> {
  await cp(join(folder, 'app'), folder, { recursive: true });
  await rm(join(folder, 'app'), { recursive: true });
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ extends: './.nuxt/tsconfig.json' }));
}
