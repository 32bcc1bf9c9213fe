import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
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
  /** Its folder in `apps/`. */
  readonly app: string;
  /** In place of the versions of its `package.json`. */
  readonly versions?: Readonly<Record<string, string>>;
  /** In place of its own `tsconfig.json`. */
  readonly tsconfig?: object;
  /** The program that type-checks it, in `node_modules`. */
  readonly check: string;
}

const apps: readonly App[] = [
  { title: 'apps/tanstack-start', app: 'tanstack-start', check: 'typescript/bin/tsc' },
  { title: 'apps/sveltekit', app: 'sveltekit', check: 'svelte-check/bin/svelte-check' },
  {
    title: 'apps/sveltekit with SvelteKit 3',
    app: 'sveltekit',
    versions: { '@sveltejs/kit': '3.2.0', '@sveltejs/adapter-node': '6.0.1', typescript: '6.0.3' },
    tsconfig: { extends: '$app/tsconfig', include: ['src', '*'] },
    check: 'svelte-check/bin/svelte-check',
  },
];

// They install from the npm registry and build, and take minutes.
describeIf(chromiumProgram !== undefined, 'a framework', 'install chromium, or set CHROMIUM_PATH', () => {
  describe.each(apps)('$title in Chromium', ({ app, versions, tsconfig, check }) => {
    let folder: string;
    let server: StartedApp;
    let browser: Browser;

    beforeAll(async () => {
      folder = await installApp(app, versions);
      if (tsconfig !== undefined) await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
      await buildApp(folder);
      server = await startApp(folder, '/login');
      browser = await launchBrowser();
    }, 900_000);

    afterAll(async () => {
      await browser?.close();
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const newContext = () => browser.newContext({ extraHTTPHeaders: { 'x-forwarded-proto': 'http' } });

    /** A page that records each status that it shows, from the server's HTML on, and each complaint. */
    async function openPage(context: BrowserContext) {
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        // A refusal is one, too.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
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
      const statuses = () => page.evaluate(() => Reflect.get(window, 'seen') as string[]);
      return { page, statuses, complaints };
    }

    async function signIn(page: Page, password = 'lovelace'): Promise<void> {
      await page.getByLabel('Username').fill('ada');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    }

    const text = (page: Page, id: string) => page.locator(id).textContent();
    const cookieOf = async (context: BrowserContext) =>
      (await context.cookies()).find(({ name }) => name === '__Host-session');

    test('it type-checks', async () => {
      await run(process.execPath, [join('node_modules', check)], { cwd: folder, timeout: 200_000 });
    });

    test('the form signs in on the server, the page knows it at once and after a reload without a flash, and another signs out', async () => {
      const context = await newContext();
      const { page, statuses, complaints } = await openPage(context);
      // Until the page is hydrated, the browser itself would send the form.
      await page.goto(server.origin, { waitUntil: 'networkidle' });
      expect(page.url()).toBe(`${server.origin}/login`);
      await signIn(page, 'wrong');
      await expect.poll(() => page.getByRole('alert').textContent()).toBe('Wrong username or password.');

      await signIn(page);
      await expect.poll(() => text(page, 'h1')).toBe('Hello, ada');
      await expect.poll(() => text(page, '#user')).toBe('ada');
      await expect.poll(() => text(page, '#count')).toBe('1 sessions');
      expect(await statuses()).toEqual(['signedOut', 'signedIn']);
      expect(await cookieOf(context)).toMatchObject({ httpOnly: true, secure: true });

      const html = await context.request.get(server.origin);
      expect(await html.text()).toMatch(/id="user">(?:<!--.*?-->)*ada/);
      expect(html.headers()['cache-control']).toContain('no-store');
      await page.reload();
      await expect.poll(() => text(page, '#count')).toBe('1 sessions');
      expect(await statuses()).toEqual(['signedIn']);

      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.waitForURL(`${server.origin}/login`);
      await expect.poll(() => text(page, '#status')).toBe('signedOut');
      expect(await cookieOf(context)).toBeUndefined();
      expect(complaints).toEqual([]);
      await context.close();
    });

    test('the other device is live in the list, and leaves its page when it is revoked', async () => {
      const [first, second] = [await newContext(), await newContext()];
      const [mine, other] = [(await openPage(first)).page, (await openPage(second)).page];
      for (const page of [mine, other]) {
        await page.goto(`${server.origin}/login`, { waitUntil: 'networkidle' });
        await signIn(page);
        await page.waitForURL(`${server.origin}/`);
      }
      await expect.poll(() => text(mine, '#count')).toBe('2 sessions');

      const db = new SQLite(databaseOf(folder), { readonly: true });
      const manager = createSessionManager({ db, keys: secret });
      expect((await manager.list('ada')).map(({ ip }) => ip !== null)).toEqual([true, true]);
      await manager.close();
      db.close();

      await mine.getByRole('button', { name: 'Sign out the others' }).click();
      await other.waitForURL(`${server.origin}/login`);
      await expect.poll(() => text(other, '#status')).toBe('signedOut');
      await expect.poll(() => text(mine, '#count')).toBe('1 sessions');
      await first.close();
      await second.close();
    });
  });
});
