import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium and its relatives: the test's own browser is not downloaded. */
export const chromiumProgram: string | undefined = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);

export interface LaunchOptions {
  /** Whether pages are kept in the back/forward cache, which Playwright switches off. */
  readonly hasPageCache?: boolean;
}

export function launchBrowser(
  args: readonly string[] = [],
  { hasPageCache = false }: LaunchOptions = {},
): Promise<Browser> {
  return chromium.launch({
    ignoreDefaultArgs: hasPageCache ? ['--disable-back-forward-cache'] : [],
    executablePath: chromiumProgram ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}
