import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '@trpc-sessions/demo/start';
import sharp from 'sharp';
import { launchBrowser } from '../support/browser.ts';

// Takes the pictures of the README from the demo's page, with its sample sessions. Build the demo first.

const docs = new URL('../../docs/', import.meta.url).pathname;
const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-pictures-'));
const demo = await startDemo({ PORT: '0', DATABASE_URL: `file:${join(folder, 'demo.db')}`, DEMO_SAMPLES: '1' });
const browser = await launchBrowser();

const devices = {
  desktop: {
    viewport: { width: 760, height: 900 },
    userAgent:
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  },
  phone: {
    viewport: { width: 390, height: 844 },
    userAgent: 'Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0',
  },
};

for (const [name, device] of Object.entries(devices)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ ...device, colorScheme, deviceScaleFactor: 2, locale: 'en-GB' });
    await page.goto(`http://127.0.0.1:${demo.port}`);
    await page.getByLabel('Username').fill('admin');
    await page.getByLabel('Password').fill('admin');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This network').waitFor();
    await page.mouse.move(0, 0);
    const picture = await page.screenshot({ animations: 'disabled' });
    const file = `sessions-${name}-${colorScheme}.png`;
    const { size } = await sharp(picture)
      .png({ palette: true, quality: 60, effort: 10 })
      .toFile(docs + file);
    console.log(`docs/${file}: ${Math.round(size / 1000)} KB`);
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('Username').waitFor();
    await page.close();
  }
}

await browser.close();
await demo.close();
await rm(folder, { recursive: true });
