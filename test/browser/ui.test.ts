import axe from 'axe-core';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf, describeSlow } from '../support/optional.ts';
import { startUiServer, type UiServer } from './ui/server.ts';

const chrome =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0';

describeIf(chromiumProgram !== undefined, 'the ready screen', 'install chromium, or set CHROMIUM_PATH', () => {
  let server: UiServer;
  let browser: Browser;
  let page: Page;
  /** While set, it answers the calls of the page. */
  let answer: ((route: Route) => unknown) | null;
  const complaints: string[] = [];
  let users = 0;

  beforeAll(async () => {
    server = await startUiServer();
    browser = await connectBrowser();
    const context = await browser.newContext({ userAgent: chrome });
    context.setDefaultTimeout(100_000);
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.route('**/trpc/**', (route) => (answer === null ? route.continue() : answer(route)));
    // No user is signed in.
    answer = null;
    await page.goto(server.origin);
    await page.locator('.tss-note').waitFor();
    expect(complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    answer = null;
    await page.setViewportSize({ width: 1000, height: 800 });
    // An answer without the page, which would take as long as a test.
    await page.goto(`${server.origin}/trpc/`);
    await page.evaluate(() => localStorage.clear());
  });
  afterEach(() => expect(complaints).toEqual([]));

  /** Signs in as a new user, also on other devices. */
  async function signIn(...others: (readonly [userAgent: string, ip: string, minutesAgo: number])[]): Promise<string> {
    users += 1;
    const userId = `user ${users}`;
    for (const [userAgent, ip, minutesAgo] of others) await server.signIn(userId, { userAgent, ip, minutesAgo });
    const { token } = await server.signIn(userId, { userAgent: chrome, ip: '203.0.113.7', minutesAgo: 0 });
    await page.evaluate((text) => localStorage.setItem('trpc-sessions.token', text), token);
    return userId;
  }

  const phoneAndLaptop = [
    [iphone, '198.51.100.23', 40],
    [firefox, '2001:db8:85a3::8a2e:370:7334', 3000],
  ] as const;

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialogButton = (name: string) => page.getByRole('dialog').getByRole('button', { name, exact: true });
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const press = (key: string) => page.keyboard.press(key);

  async function expectFocus(text: string): Promise<void> {
    await expect.poll(focused).toBe(text);
  }

  async function findProblems(): Promise<unknown> {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
    return page.evaluate(async () => {
      const { axe: loaded } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
      };
      // Contrast is that of the end of an animation.
      for (const animation of document.getAnimations()) animation.cancel();
      const { violations } = await loaded.run();
      return violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])]);
    });
  }

  const looks = {
    light: { width: 1000, colorScheme: 'light', forcedColors: 'none' },
    dark: { width: 1000, colorScheme: 'dark', forcedColors: 'none' },
    'forced colours': { width: 1000, colorScheme: 'light', forcedColors: 'active' },
    '320 pixels': { width: 320, colorScheme: 'light', forcedColors: 'none' },
  } as const;

  async function expectAccessible(state: string): Promise<void> {
    const isMirrored = (await page.locator('.tss').getAttribute('dir')) === 'rtl';
    for (const [look, { width, ...media }] of Object.entries(looks)) {
      // Colours are the same in both directions.
      if (isMirrored && (look === 'dark' || look === 'forced colours')) continue;
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia(media);
      expect(await findProblems(), `${state}, ${look}`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${state}, ${look}`).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1000, height: 800 });
    await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
  }

  describeSlow('in rarer moments', () => {
    test('a theme on the page wins over the one of the browser', async () => {
      await signIn(...phoneAndLaptop);
      await page.goto(server.origin);
      await button('Safari on iPhone').waitFor();
      const colour = () => page.locator('.tss').evaluate((screen) => getComputedStyle(screen).backgroundColor);
      const light = await colour();
      await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
      const dark = await colour();
      expect(dark).not.toBe(light);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await colour()).toBe(dark);
      await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
      expect(await colour()).toBe(light);
      await page.emulateMedia({ colorScheme: 'light' });
    });

    test('nothing moves for a user who prefers reduced motion', async () => {
      await signIn(...phoneAndLaptop);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      answer = () => {};
      await page.goto(server.origin);
      await page.locator('.tss-bone').first().waitFor();
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
    });

    test('a press beside the dialog closes it, and one inside does not', async () => {
      await signIn(...phoneAndLaptop);
      await page.goto(server.origin);
      await button('Safari on iPhone').click();
      await page.getByRole('dialog').getByText('User agent').click();
      expect(await page.getByRole('dialog').isVisible()).toBe(true);
      await page.mouse.click(5, 5);
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });

    test('a session is new on the first look after its sign-in alone', async () => {
      const userId = await signIn(...phoneAndLaptop);
      await page.goto(server.origin);
      await button('Safari on iPhone').waitFor();
      expect(await page.locator('.tss-badge').count()).toBe(0);
      await server.signIn(userId, { userAgent: firefox, ip: '192.0.2.44', minutesAgo: 0 });
      await page.reload();
      await button('Safari on iPhone').waitFor();
      expect(await page.locator('.tss-badge').count()).toBe(1);
      await page.reload();
      await button('Safari on iPhone').waitFor();
      expect(await page.locator('.tss-badge').count()).toBe(0);
    });
  });

  describeSlow('for people with disabilities', () =>
    describe.each(['en', 'ar'])('in the language %s, each state has no problem that axe finds', (language) => {
      const open = () => page.goto(`${server.origin}/?labels=${language}`);

      test('the list, the details, the selection, and a question that is open, under way and has failed', async () => {
        const userId = await signIn(...phoneAndLaptop);
        await page.evaluate((user) => localStorage.setItem(`trpc-sessions.looked.${user}`, '1'), userId);
        await open();
        await page.locator('.tss-badge').first().waitFor();
        await expectAccessible('list');
        await page.locator('.tss-row-target').nth(1).click();
        await expectAccessible('details');
        await press('Escape');
        await page.locator('.tss-section-head button').click();
        await page.locator('.tss-row-target').nth(1).click();
        await expectAccessible('selection');
        await page.locator('.tss-bar button').click();
        await expectAccessible('question');

        const held: Route[] = [];
        answer = (route) => held.push(route);
        await page.locator('dialog [data-look=danger]').click();
        await page.locator('dialog[data-pending=true]').waitFor();
        await expectAccessible('under way');
        answer = null;
        await Promise.all(held.map((route) => route.abort()));
        await page.locator('dialog .tss-problem').waitFor();
        await expectAccessible('failed');
        await page.locator('dialog [data-look=danger]').click();
        await page.locator('.tss-notice span').waitFor();
        await expectAccessible('done');
      });

      test('no other device, offline, signed out, loading, slow, and a list that could not be loaded', async () => {
        await signIn();
        await open();
        await page.locator('.tss-empty').waitFor();
        await page.context().setOffline(true);
        await page.locator('.tss-note').waitFor();
        await expectAccessible('empty and offline');
        await page.context().setOffline(false);

        const held: Route[] = [];
        answer = (route) => held.push(route);
        await page.clock.install();
        await page.reload();
        await page.locator('.tss-bone').first().waitFor();
        await expectAccessible('loading');
        await page.clock.fastForward(4000);
        await page.locator('.tss-note').waitFor();
        await expectAccessible('slow');
        answer = (route) => route.abort();
        await Promise.all(held.map((route) => route.abort()));
        await page.locator('.tss-problem').waitFor();
        await expectAccessible('could not be loaded');

        answer = null;
        await page.evaluate(() => localStorage.removeItem('trpc-sessions.token'));
        await page.reload();
        await page.locator('.tss-note').waitFor();
        await expectAccessible('signed out');
      });
    }),
  );

  test('by keyboard, the tab order is that of the page, and Escape gives the focus back', async () => {
    await signIn(...phoneAndLaptop);
    await page.goto(server.origin);
    await button('Safari on iPhone').waitFor();
    const order = ['Chrome on macOS', 'Sign out all other devices', 'Select', 'Safari on iPhone', 'Sign out'];
    for (const text of order) {
      await press('Tab');
      await expectFocus(text);
    }
    await press('Enter');
    await expectFocus('Cancel');
    await press('Tab');
    await expectFocus('Sign out');
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await button('Sign out Safari on iPhone').evaluate((element) => element === document.activeElement)).toBe(
      true,
    );

    await press('Shift+Tab');
    await press('Enter');
    await page.getByRole('dialog').getByLabel('Name').waitFor();
    await dialogButton('Sign out').click();
    await page.getByRole('heading', { name: 'Sign out Safari on iPhone?' }).waitFor();
    await press('Escape');
    await expectFocus('Safari on iPhone');
  });

  test('a sign-out that is under way cannot be closed, and gives the focus to the heading of the list', async () => {
    await signIn(...phoneAndLaptop);
    await page.goto(server.origin);
    await button('Sign out all other devices').click();
    const held: Route[] = [];
    answer = (route) => held.push(route);
    await dialogButton('Sign out').click();
    await page.locator('dialog[data-pending=true]').waitFor();
    await expect.poll(() => page.locator('.tss-row[aria-busy=true]').count()).toBe(2);
    for (const key of ['Escape', 'Escape', 'Escape']) await press(key);
    await page.mouse.click(5, 5);
    await dialogButton('Cancel').click({ force: true });
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    expect(held).toHaveLength(1);

    answer = null;
    await held[0]?.continue();
    await page.getByText('No other devices').waitFor();
    await expectFocus('Other devices');
    expect(await page.locator('.tss-notice').textContent()).toBe('Signed out 2 devices.');
  });

  test('"This wasn’t me" ends the session, and the app asks for a new password', async () => {
    const userId = await signIn(...phoneAndLaptop);
    const phone = (await server.manager.list(userId)).find(({ device }) => device.name === 'Safari on iPhone');
    await page.goto(server.origin);
    await button('Safari on iPhone').click();
    await button('This wasn’t me').click();
    await page.getByRole('heading', { name: 'You did not sign in on Safari on iPhone?' }).waitFor();
    await dialogButton('This wasn’t me').click();
    await expect.poll(() => page.title()).toBe(`change the password: ${phone?.id}`);
    expect((await server.manager.list(userId)).map(({ id }) => id)).not.toContain(phone?.id);
  });
});
