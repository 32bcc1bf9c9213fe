import { chromium } from 'playwright-core';
import { expect, test } from 'vitest';
import { chromiumProgram } from '../support/browser.ts';
import { shareBrowser } from '../support/browser-server.ts';
import { describeIf, slow } from '../support/optional.ts';

const inChromium = slow({
  available: chromiumProgram !== undefined,
  howToEnable: 'install chromium, or set CHROMIUM_PATH',
});

describeIf(inChromium.available, 'the Chromium of all tests', inChromium.howToEnable, () => {
  test('is one for all that ask, and another after a crash', async () => {
    await using shared = await shareBrowser();
    const ask = async () => (await fetch(shared.url)).text();
    const [address, same] = await Promise.all([ask(), ask()]);
    expect(same).toBe(address);

    const browser = await chromium.connect(address);
    const devtools = await browser.newBrowserCDPSession();
    await devtools.send('Browser.crash').catch(() => {});
    await expect.poll(() => browser.isConnected()).toBe(false);
    await expect.poll(ask).not.toBe(address);
    await using other = await chromium.connect(await ask());
    await other.newPage();
  });
});
