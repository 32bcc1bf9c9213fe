import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemo, type Demo } from '@trpc-sessions/demo/server';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { describeIf } from '../support/optional.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

describeIf(
  chromiumProgram !== undefined,
  "the demo's page in Chromium",
  'install chromium, or set CHROMIUM_PATH',
  () => {
    let folder: string;
    let demo: Demo;
    let browser: Browser;
    let origin: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-demo-'));
      demo = await createDemo({
        databaseUrl: `file:${join(folder, 'demo.db')}`,
        secret: 'a secret of more than thirty-two bytes',
        seed: true,
      });
      await new Promise<void>((resolve) => demo.server.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(demo.server.address() as AddressInfo).port}`;
      browser = await launchBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await demo?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** A browser of its own, with a page that must not complain. */
    async function open(options: Parameters<Browser['newContext']>[0] = {}) {
      const context: BrowserContext = await browser.newContext(options);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(origin);
      return {
        context,
        page,
        async [Symbol.asyncDispose]() {
          await context.close();
          expect(complaints).toEqual([]);
        },
      };
    }

    async function signIn(page: Page): Promise<void> {
      await page.getByLabel('Username').fill('admin');
      await page.getByLabel('Password').fill('admin');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    }

    test('of two browsers that are signed in, one ends the other', async () => {
      await using laptop = await open();
      await using phone = await open({ userAgent: iphone, viewport: { width: 390, height: 844 } });
      await signIn(phone.page);
      await signIn(laptop.page);

      await laptop.page.getByText('This device').first().waitFor();
      const end = laptop.page.getByRole('button', { name: 'End Safari on iPhone' });
      await end.click();
      await laptop.page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
      await end.waitFor({ state: 'detached' });

      await phone.page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await phone.page.evaluate(() => JSON.stringify(localStorage))).not.toContain('eyJ');
      await laptop.page.reload();
      await laptop.page.getByRole('button', { name: 'Sign out' }).waitFor();
      await laptop.page.getByRole('button', { name: 'Sign out' }).click();
      await laptop.page.getByRole('button', { name: 'Sign in' }).waitFor();
    });

    test('all others are ended at once, and the one that asked stays', async () => {
      await using laptop = await open();
      await signIn(laptop.page);
      await using others = await open({ userAgent: iphone });
      await signIn(others.page);
      const third = await open();
      await signIn(third.page);
      await third.context.close();

      await laptop.page.getByRole('button', { name: 'End all other sessions' }).click();
      await laptop.page
        .getByRole('dialog')
        .getByRole('button', { name: /^End all/ })
        .click();

      await others.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await laptop.page.getByRole('button', { name: /^End / }).first().waitFor({ state: 'detached' });
      await laptop.page.getByRole('button', { name: 'Sign out' }).waitFor();
    });

    test('a confirmation can be declined, with the keyboard alone', async () => {
      await using laptop = await open();
      await using phone = await open({ userAgent: iphone });
      await signIn(phone.page);
      await laptop.page.getByLabel('Username').fill('admin');
      await laptop.page.keyboard.press('Tab');
      await laptop.page.keyboard.type('admin');
      await laptop.page.keyboard.press('Enter');
      const end = laptop.page.getByRole('button', { name: 'End Safari on iPhone' });
      await end.waitFor();
      await end.focus();
      await laptop.page.keyboard.press('Enter');
      await laptop.page.getByRole('dialog').waitFor();
      await laptop.page.keyboard.press('Escape');
      await laptop.page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(await end.evaluate((button) => button === document.activeElement)).toBe(true);
      await phone.page.reload();
      await phone.page.getByRole('button', { name: 'Sign out' }).waitFor();
    });

    test('a wrong password is told, and nothing is kept', async () => {
      await using laptop = await open();
      await laptop.page.getByLabel('Username').fill('admin');
      await laptop.page.getByLabel('Password').fill('wrong');
      await laptop.page.getByRole('button', { name: 'Sign in' }).click();
      await laptop.page.getByRole('alert').waitFor();
      expect(await laptop.page.evaluate(() => localStorage.length)).toBe(0);
    });

    test('tabs of one browser sign in and out together', async () => {
      await using laptop = await open();
      const tab = await laptop.context.newPage();
      await tab.goto(origin);
      await signIn(laptop.page);
      await tab.getByRole('button', { name: 'Sign out' }).waitFor();
      await tab.getByRole('button', { name: 'Sign out' }).click();
      await laptop.page.getByRole('button', { name: 'Sign in' }).waitFor();
    });

    test('fits a phone, and has no token in any URL', async () => {
      await using phone = await open({ viewport: { width: 360, height: 740 } });
      const urls: string[] = [];
      phone.page.on('request', (request) => urls.push(request.url()));
      await signIn(phone.page);
      await phone.page.getByText('This device').first().waitFor();
      const overflow = await phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      expect(urls.some((url) => url.includes('/trpc/'))).toBe(true);
      expect(urls.filter((url) => url.includes('eyJ'))).toEqual([]);
    });
  },
);
