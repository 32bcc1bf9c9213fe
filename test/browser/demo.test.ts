import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemo, type Demo } from '@trpc-sessions/demo/server';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf, describeSlow } from '../support/optional.ts';

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
      browser = await connectBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await demo?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** Windows that no test uses now, by their user agent. */
    const idle = new Map<string, Page[]>();

    interface Look {
      readonly userAgent?: string;
      readonly viewport?: { readonly width: number; readonly height: number };
      readonly colorScheme?: 'light' | 'dark';
      /** Whether the test changes the clock or the network of the page. */
      readonly alone?: boolean;
    }

    /**
     * A browser of its own, with a page that must cause no error. To open a window takes longer than most tests: so one
     * serves a test after another, and is empty at the beginning of each.
     */
    async function open({ userAgent = '', viewport, colorScheme = 'light', alone = false }: Look = {}) {
      const windows = idle.get(userAgent) ?? [];
      idle.set(userAgent, windows);
      const page = (alone ? undefined : windows.pop()) ?? (await openWindow(userAgent));
      const context = page.context();
      await page.setViewportSize(viewport ?? { width: 1280, height: 720 });
      await page.emulateMedia({ colorScheme });
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      await page.goto(origin);
      return {
        context,
        page,
        async [Symbol.asyncDispose]() {
          for (const other of context.pages()) if (other !== page) await other.close();
          if (alone) {
            await context.close();
          } else {
            // Without the page, nothing writes to the storage any more.
            await page.goto(`${origin}/trpc/`);
            await page.evaluate(() => {
              localStorage.clear();
              sessionStorage.clear();
            });
            await context.clearCookies();
            await page.removeAllListeners(undefined, { behavior: 'wait' });
            windows.push(page);
          }
          expect(complaints).toEqual([]);
        },
      };
    }

    async function openWindow(userAgent: string): Promise<Page> {
      const context = await browser.newContext(userAgent === '' ? {} : { userAgent });
      // A limit for a hang: on a busy machine a page is slow.
      context.setDefaultTimeout(100_000);
      return context.newPage();
    }

    /** The button of the page's head: each row of the list has one, too. */
    const signOut = { name: 'Sign out', exact: true };

    async function signIn(page: Page): Promise<void> {
      await page.getByLabel('Username').fill('admin');
      await page.getByLabel('Password').fill('admin');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', signOut).waitFor();
    }

    test('of two browsers that are signed in, one ends the other', async () => {
      await using laptop = await open();
      await using phone = await open({ userAgent: iphone, viewport: { width: 390, height: 844 } });
      await signIn(phone.page);
      await signIn(laptop.page);

      await laptop.page.getByText('This device').first().waitFor();
      const end = laptop.page.getByRole('button', { name: 'Sign out Safari on iPhone' });
      await end.click();
      await laptop.page.getByRole('dialog').getByRole('button', signOut).click();
      await end.waitFor({ state: 'detached' });

      await phone.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await phone.page
        .getByRole('status')
        .filter({ hasText: 'Another of your devices signed this one out.' })
        .waitFor();
      expect(await phone.page.evaluate(() => localStorage.getItem('trpc-sessions.token'))).toBe(
        'ended:revoked_session',
      );
      await laptop.page.reload();
      await laptop.page.getByRole('button', signOut).waitFor();
      await laptop.page.getByRole('button', signOut).click();
      await laptop.page.getByRole('button', { name: 'Sign in' }).waitFor();
    });

    test('a sign-in elsewhere shows at once, with its place, and so does its end', async () => {
      await using laptop = await open();
      await signIn(laptop.page);
      await using phone = await open({ userAgent: iphone });
      await signIn(phone.page);
      const row = laptop.page.getByRole('listitem').filter({ hasText: 'Safari on iPhone' }).first();
      expect(await row.innerText()).toContain('This network');
      await phone.page.getByRole('button', signOut).click();
      await row.waitFor({ state: 'detached' });
      // The user has signed out: no reason is shown.
      await phone.page.getByRole('button', { name: 'Sign in' }).waitFor();
      expect(await phone.page.getByRole('status').innerText()).toBe('');
    });

    test('all others are ended at once, and the one that asked stays', async () => {
      await using laptop = await open();
      await signIn(laptop.page);
      await using others = await open({ userAgent: iphone });
      await signIn(others.page);
      {
        await using third = await open();
        await signIn(third.page);
      }

      await laptop.page.getByRole('button', { name: 'Sign out all other devices' }).click();
      await laptop.page.getByRole('dialog').getByRole('button', signOut).click();

      await others.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await laptop.page
        .getByRole('button', { name: /^Sign out ./ })
        .first()
        .waitFor({ state: 'detached' });
      await laptop.page.getByRole('button', signOut).waitFor();
    });

    test('a wrong password shows an error, and no token is kept', async () => {
      await using laptop = await open();
      await laptop.page.getByLabel('Username').fill('admin');
      await laptop.page.getByLabel('Password').fill('wrong');
      await laptop.page.getByRole('button', { name: 'Sign in' }).click();
      await laptop.page.getByRole('alert').waitFor();
      expect(await laptop.page.evaluate(() => localStorage.length)).toBe(0);
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

    describeSlow('in rarer moments', () => {
      test('a confirmation can be declined, with the keyboard alone', async () => {
        await using laptop = await open();
        await using phone = await open({ userAgent: iphone });
        await signIn(phone.page);
        await laptop.page.getByLabel('Username').fill('admin');
        await laptop.page.keyboard.press('Tab');
        await laptop.page.keyboard.type('admin');
        await laptop.page.keyboard.press('Enter');
        const end = laptop.page.getByRole('button', { name: 'Sign out Safari on iPhone' });
        await end.waitFor();
        await end.focus();
        await laptop.page.keyboard.press('Enter');
        await laptop.page.getByRole('dialog').waitFor();
        await laptop.page.keyboard.press('Escape');
        await laptop.page.getByRole('dialog').waitFor({ state: 'hidden' });
        expect(await end.evaluate((button) => button === document.activeElement)).toBe(true);
        await phone.page.reload();
        await phone.page.getByRole('button', signOut).waitFor();
      });

      test('tabs of one browser sign in and out together', async () => {
        await using laptop = await open();
        const tab = await laptop.context.newPage();
        await tab.goto(origin);
        await signIn(laptop.page);
        await tab.getByRole('button', signOut).waitFor();
        await tab.getByRole('button', signOut).click();
        await laptop.page.getByRole('button', { name: 'Sign in' }).waitFor();
      });

      test.each([
        ['cannot be reached', (route: Route) => route.abort()],
        ['never answers', () => {}],
      ])('a user can sign out on this device while the server %s', async (_, handle) => {
        await using laptop = await open({ alone: true });
        await signIn(laptop.page);
        await laptop.page.clock.install();
        await laptop.page.route('**/trpc/**', handle);
        await laptop.page.reload();
        await laptop.page.getByRole('button', signOut).click();
        const signOutHere = laptop.page.getByRole('dialog').getByRole('button', { name: 'Sign out here' });
        await expect
          .poll(async () => {
            await laptop.page.clock.fastForward(10_000);
            return signOutHere.isVisible();
          })
          .toBe(true);
        await signOutHere.click();
        await laptop.page.getByRole('button', { name: 'Sign in' }).waitFor();
        // The mark of the device stays, and so does the time when its user looked at the list.
        const kept = await laptop.page.evaluate(() => Object.keys(localStorage));
        expect(kept.filter((key) => !key.startsWith('trpc-sessions.looked.'))).toEqual(['trpc-sessions.token.mark']);
      });

      test('a user can sign in while the storage holds a text that is no token', async () => {
        await using laptop = await open();
        await laptop.page.evaluate(() => localStorage.setItem('trpc-sessions.token', '🔑'));
        await laptop.page.reload();
        await signIn(laptop.page);
      });

      test('after signing in, the focus is on the heading that replaces the form', async () => {
        await using laptop = await open();
        await laptop.page.getByLabel('Username').fill('admin');
        await laptop.page.getByLabel('Password').fill('admin');
        await laptop.page.keyboard.press('Enter');
        await laptop.page.getByRole('button', signOut).waitFor();
        const heading = laptop.page.getByRole('heading', { name: 'Active sessions' });
        expect(await heading.evaluate((element) => element === document.activeElement)).toBe(true);

        // A page that is only loaded starts at its top.
        await laptop.page.reload();
        await heading.waitFor();
        expect(await heading.evaluate((element) => element === document.activeElement)).toBe(false);
      });
    });

    describeSlow('its looks', () => {
      test.each([1280, 390, 320])('at a width of %i, a long device name pushes nothing out', async (width) => {
        await using page = await open({ viewport: { width, height: 740 } });
        await signIn(page.page);
        const name = 'W'.repeat(64);
        await fetch(`${origin}/trpc/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ username: 'admin', password: 'admin', device: { name } }),
        });
        await page.page.getByRole('button', { name, exact: true }).click();
        const details = page.page.getByRole('dialog', { name, exact: true });
        await details.waitFor();
        expect(await outside(page.page)).toEqual([]);
        await details.getByRole('button', signOut).click();
        const confirm = page.page.getByRole('dialog', { name: `Sign out ${name}?` }).getByRole('button', signOut);
        await confirm.waitFor();
        expect(await outside(page.page)).toEqual([]);
        await confirm.click();
        await page.page.getByText(`Signed out ${name}.`).waitFor();
        expect(await outside(page.page)).toEqual([]);
      });

      test.each([
        ['light', 'dark on light'],
        ['dark', 'light on dark'],
      ] as const)('follows a browser that prefers %s: it is %s', async (colorScheme, expected) => {
        await using laptop = await open({ colorScheme });
        await signIn(laptop.page);
        for (const selector of [':root', '.top', '.tss', '.tss-card', 'h1', '.button', '.tss-button']) {
          const { ground, ink } = await laptop.page.locator(selector).first().evaluate(luminances);
          expect(ink > ground ? 'light on dark' : 'dark on light', selector).toBe(expected);
          // WCAG 2.2, 1.4.3
          const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
          expect(contrast, selector).toBeGreaterThanOrEqual(4.5);
        }
      });
    });
  },
);

/** The visible elements that lie outside the window, or outside their dialog. */
function outside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const lies = (element: Element, left: number, right: number) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.left < left - 0.5 || box.right > right + 0.5);
    };
    return [...document.querySelectorAll('body *')]
      .filter((element) => {
        const dialog = element.closest('dialog')?.getBoundingClientRect();
        return lies(element, dialog?.left ?? 0, dialog?.right ?? window.innerWidth);
      })
      .map((element) => `${element.tagName} ${element.className}`);
  });
}

/** The relative luminance of an element's text and of its background (WCAG 2.2). */
function luminances(element: Element): { ground: number; ink: number } {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const luminance = (color: string) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    const [r = 0, g = 0, b = 0] = [red, green, blue]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return alpha === 0 ? null : 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = [];
  for (let each: Element | null = element; each !== null; each = each.parentElement) {
    grounds.push(luminance(getComputedStyle(each).backgroundColor));
  }
  return {
    ground: grounds.find((each) => each !== null) ?? Number.NaN,
    ink: luminance(getComputedStyle(element).color) ?? Number.NaN,
  };
}
