import { existsSync } from 'node:fs';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

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

/** How every test starts Chromium. */
export const launchOptions: LaunchOptions = {
  executablePath: chromiumProgram ?? '/usr/bin/chromium',
  // Users have pages in the back/forward cache, and one test is about them.
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--in-process-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--disable-features=${disabledFeatures.join(',')}`,
    // A name on the network of a user, which no TLS protects.
    '--host-resolver-rules=MAP nas.example 127.0.0.1',
  ],
};

/** Starts another Chromium. The suites of each run share one: see `connectBrowser`. */
export const launchBrowser = (): Promise<Browser> => chromium.launch(launchOptions);
