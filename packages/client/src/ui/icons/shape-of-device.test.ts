import { readDevice } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { browserShapeOf, systemShapeOf } from './shape-of-device.ts';

const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const blink = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0';

test.each([
  ['windows', 'edge', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Safari/537.36 Edg/141.0.0.0`],
  ['mac', 'chrome', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${blink} Safari/537.36`],
  ['desktop', 'firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'],
  [
    'phone',
    'safari',
    `Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) ${webkit} Version/18.5 Mobile/15E148 Safari/604.1`,
  ],
  [
    'tablet',
    'safari',
    `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${webkit} Version/17.5 Mobile/15E148 Safari/604.1`,
  ],
  ['android', 'chrome', `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${blink} Mobile Safari/537.36`],
  [
    'tv',
    'samsung',
    `Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 TV Safari/537.36`,
  ],
  ['desktop', 'opera', `Mozilla/5.0 (X11; Linux x86_64) ${blink} Safari/537.36 OPR/125.0.0.0`],
  ['windows', 'other', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Safari/537.36 Vivaldi/7.6`],
  ['terminal', null, 'curl/8.10.1'],
  ['unknown', null, ''],
])('the pictures are %s and %s for %s', (system, browser, userAgent) => {
  const device = readDevice({ userAgent, clientHints: null });
  expect([systemShapeOf(device), browserShapeOf(device)]).toEqual([system, browser]);
});
