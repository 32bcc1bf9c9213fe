import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserServer } from 'playwright-core';

/** Answers each request with the address of one Chromium, for all workers. */
export interface SharedBrowser extends AsyncDisposable {
  readonly url: string;
}

/** The first request starts Chromium, and the first after a crash starts it again: most runs of one file need none. */
export async function shareBrowser(): Promise<SharedBrowser> {
  let browser: Promise<BrowserServer> | undefined;

  async function launch(): Promise<BrowserServer> {
    const [{ chromium }, { launchOptions }] = await Promise.all([import('playwright-core'), import('./browser.ts')]);
    // The run itself ends on a signal, and Chromium with it.
    const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
    const launched = await chromium.launchServer({ ...launchOptions, ...signals, host: '127.0.0.1' });
    launched.once('close', () => (browser = undefined));
    return launched;
  }

  const server = createServer((_, response) => {
    browser ??= launch();
    browser.then(
      (launched) => response.end(launched.wsEndpoint()),
      (error: unknown) => {
        browser = undefined;
        response.writeHead(500).end(String(error));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await (await browser)?.close();
    },
  };
}
