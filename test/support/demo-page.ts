import type { BrowserContext, Locator, Page } from 'playwright-core';

// The demo's page, by its roles and visible texts.

const agents = {
  desktop:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  phone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  tablet:
    'Mozilla/5.0 (Linux; Android 15; SM-X810) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
} as const;

/** A kind of device. */
export type Device = keyof typeof agents;

/** The user agent of each device. */
export const userAgentOf = (device: Device): string => agents[device];

/** The signed-out screen of a session that another device has ended. */
export const endedElsewhere = 'Another of your devices signed this one out.';

/** One tab of the demo. */
export interface DemoPage {
  readonly page: Page;
  readonly context: BrowserContext;
  signIn(): Promise<void>;
  signOut(): Promise<void>;
  /** Waits for the list of sessions. */
  isSignedIn(): Promise<void>;
  /** Waits for the form, with the reason beside it. @param reason - `''` for none */
  isSignedOut(reason: string): Promise<void>;
  /** The rows of the other sessions. */
  readonly others: Locator;
  /** Ends the first of the other sessions whose title has this part. */
  end(title: string): Promise<void>;
}

/** Opens the demo in a tab. */
export async function openDemo(context: BrowserContext, origin: string): Promise<DemoPage> {
  const page = await context.newPage();
  await page.goto(origin);
  return demoPageOf(page);
}

function demoPageOf(page: Page): DemoPage {
  // The button of the page's head: each row of the list has one, too.
  const signOutButton = page.getByRole('banner').getByRole('button', { name: 'Sign out', exact: true });
  const signInButton = page.getByRole('button', { name: 'Sign in', exact: true });
  const others = page.getByRole('listitem');
  const isSignedIn = async (): Promise<void> => {
    await signOutButton.waitFor();
    await page.getByText('This device').first().waitFor();
  };
  return {
    page,
    context: page.context(),
    others,
    isSignedIn,
    async signIn() {
      await page.getByLabel('Username').fill('admin');
      await page.getByLabel('Password').fill('admin');
      await signInButton.click();
      await isSignedIn();
    },
    signOut: () => signOutButton.click(),
    async isSignedOut(reason) {
      await signInButton.waitFor();
      if (reason !== '') await page.getByRole('status').filter({ hasText: reason }).waitFor();
    },
    async end(title) {
      await page
        .getByRole('button', { name: new RegExp(`^Sign out .*${title}`) })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
    },
  };
}
