import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDemo, type Demo } from '@trpc-sessions/demo/server';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf } from '../support/optional.ts';

// The form of the demo while attempts are limited, by keyboard alone. On a demo of its own, which counts them.

describeIf(chromiumProgram !== undefined, "the demo's form", 'install chromium, or set CHROMIUM_PATH', () => {
  let folder: string;
  let demo: Demo;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-form-'));
    const secret = 'a secret of more than thirty-two bytes';
    demo = await createDemo({ databaseUrl: `file:${join(folder, 'demo.db')}`, secret, seed: true });
    await new Promise<void>((resolve) => demo.server.listen(0, '127.0.0.1', resolve));
    browser = await connectBrowser();
    page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    await page.goto(`http://127.0.0.1:${(demo.server.address() as AddressInfo).port}`);
    await page.getByLabel('Username').fill('admin');
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Sends a password with the key Enter, and waits for the answer. The form may still be handling the answer before. */
  async function guess(password: string): Promise<void> {
    await expect.poll(isDisabled).toBe('false');
    await page.getByLabel('Password').fill(password);
    const answered = page.waitForResponse((response) => response.url().includes('/trpc/login'));
    await page.getByLabel('Password').press('Enter');
    await answered;
  }

  const button = () => page.getByRole('button', { name: 'Sign in' });
  const isDisabled = () => button().getAttribute('aria-disabled');

  async function findProblems(): Promise<unknown> {
    await page.evaluate(axe.source);
    return page.evaluate(async () => {
      const { axe: loaded } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await loaded.run();
      return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
    });
  }

  test('asks for a check after three failures, which the keyboard and a screen reader can do', async () => {
    for (let n = 0; n < 3; n += 1) await guess('wrong');
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('Wrong username or password');
    await guess('admin');
    const box = page.getByRole('checkbox', { name: 'I am not a robot' });
    await expect.poll(() => box.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole('alert').filter({ hasText: 'Check the box below, then sign in again.' }).waitFor();
    expect(await isDisabled()).toBe('true');
    expect(await findProblems()).toEqual([]);

    await page.keyboard.press('Space');
    await page.getByRole('status').filter({ hasText: 'Checked' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await button().evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  });

  test('counts a wait down, and signs in after it', async () => {
    // The device has signed in before, and has attempts of its own.
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('Username').fill('admin');
    // Each wait is longer than the one before: on a busy machine, a later one is met.
    const alert = page.getByRole('alert').filter({ hasText: /^Too many attempts. Try again in \d+ seconds?.$/ });
    for (let n = 0; n < 20 && (await alert.count()) === 0; n += 1) await guess('wrong');
    await alert.waitFor();
    expect(await findProblems()).toEqual([]);
    await expect.poll(isDisabled).toBe('false');
    await page.locator('.countdown').waitFor({ state: 'detached' });
    await guess('admin');
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  });
});
