import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium and its relatives: the test's own browser is not downloaded. */
export const chromiumProgram: string | undefined = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);

/** Chromium reads only the last list of its arguments, so this one repeats the list of Playwright. */
const disabledFeatures = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
  // A process in reserve, which few tests would use.
  'SpareRendererForSitePerProcess',
  // Two pages that each window loads for its address bar. They take as much time as the page of a test.
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
];

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
      '--in-process-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${disabledFeatures.join(',')}`,
      ...args,
    ],
  });
}
