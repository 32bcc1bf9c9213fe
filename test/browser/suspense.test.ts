import { sessionsContext } from '@trpc-sessions/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { build, type BuildOptions } from 'esbuild';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { ReactElement } from 'react';
import type { PipeableStream, RenderToPipeableStreamOptions } from 'react-dom/server';
import type { Browser } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf, slow } from '../support/optional.ts';
import { listen } from '../support/servers.ts';

const folder = new URL('..', import.meta.url).pathname;

/** Bundles the page with a release of React. */
async function bundle(code: string, alias: Record<string, string>, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createPage } from './browser/suspense-page.tsx'; ${code}`,
      resolveDir: folder,
      loader: 'tsx',
    },
    absWorkingDir: folder,
    alias,
    bundle: true,
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    conditions: ['@trpc-sessions/source'],
    ...options,
  });
  return outputFiles![0]!.text;
}

interface Rendered {
  readonly createPage: () => ReactElement;
  readonly renderToPipeableStream: (page: ReactElement, options: RenderToPipeableStreamOptions) => PipeableStream;
}

/** Renders the page as a server does that has no token. */
async function render(alias: Record<string, string>): Promise<string> {
  const code = await bundle(
    `export { createPage }; export { renderToPipeableStream } from 'react-dom/server';`,
    alias,
    { format: 'cjs', platform: 'node' },
  );
  const place = await mkdtemp(join(folder, 'node_modules/.suspense-'));
  try {
    await writeFile(join(place, 'page.cjs'), code);
    const { createPage, renderToPipeableStream } = (await import(join(place, 'page.cjs'))) as Rendered;
    const html = new PassThrough();
    await new Promise<void>((onAllReady, onError) => {
      const { pipe } = renderToPipeableStream(createPage(), {
        onError,
        onAllReady() {
          onAllReady();
          pipe(html);
        },
      });
    });
    return await text(html);
  } finally {
    await rm(place, { recursive: true });
  }
}

const inChromium = slow({
  available: chromiumProgram !== undefined,
  howToEnable: 'install chromium, or set CHROMIUM_PATH',
});

describeIf(inChromium.available, 'Suspense in Chromium', inChromium.howToEnable, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await connectBrowser();
    return () => browser.close();
  });

  test.each([
    ['18.2', { react: 'react-18', 'react-dom': 'react-dom-18' }],
    ['19', {}],
  ])('with React %s, a page that a server has rendered without the token hydrates, and lists', async (_, alias) => {
    await using app = await createTestApp();
    const script = await bundle(
      `import { hydrateRoot } from 'react-dom/client'; hydrateRoot(document.querySelector('main'), createPage());`,
      alias,
      { format: 'esm', platform: 'browser' },
    );
    const html = await render(alias);
    // Not the fallback.
    expect(html).toContain(' sessions</p>');
    const handle = createHTTPHandler({ router: app.router, basePath: '/trpc/', createContext: sessionsContext });
    await using server = await listen((request, response) => {
      if (request.url?.startsWith('/trpc/')) return handle(request, response);
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(
        isScript ? script : `<!doctype html><main>${html}</main><script type="module" src="/page.js"></script>`,
      );
    });
    await using context = await browser.newContext();
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    const shows = (id: string, content: string) => expect.poll(() => page.locator(id).textContent()).toBe(content);

    await page.goto(new URL('/', server.url).href);
    await shows('#status', 'signedOut');
    await shows('#sessions', '0 sessions');
    await app.manager.issue({ userId: 'ada' });
    await page.getByRole('button', { name: 'Sign in' }).click();
    await shows('#sessions', '2 sessions');
    await page.reload();
    await shows('#sessions', '2 sessions');
    await page.getByRole('button', { name: 'Revoke' }).click();
    await shows('#sessions', '1 sessions');
    // The page does not wait for the server.
    await expect.poll(() => app.manager.list('ada')).toHaveLength(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await shows('#sessions', '0 sessions');
    // React 18 renders a boundary in the browser if the token is known before the boundary has hydrated. It reports that.
    expect(
      complaints.filter((complaint) => !complaint.includes('received an update before it finished hydrating')),
    ).toEqual([]);
  });
});
