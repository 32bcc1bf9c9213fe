import { localBus } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { build } from 'esbuild';
import type { ServerResponse } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf } from '../support/optional.ts';
import { listen } from '../support/servers.ts';

/** Bundles the page. Its later imports are files of their own. */
async function bundlePage(): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    entryPoints: [new URL('live-page.tsx', import.meta.url).pathname],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: '/',
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    conditions: ['@trpc-sessions/source'],
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

describeIf(chromiumProgram !== undefined, 'live pages in Chromium', 'install chromium, or set CHROMIUM_PATH', () => {
  let browser: Browser;
  let files: ReadonlyMap<string, string>;
  beforeAll(async () => {
    files = await bundlePage();
    browser = await connectBrowser();
    return () => browser.close();
  });

  /** Starts the server of the page, which speaks HTTP/1.1. */
  async function startServer() {
    const app = await createTestApp({ bus: localBus({ channel: `live ${Math.random()}` }) });
    const handle = createHTTPHandler({ router: app.router, basePath: '/trpc/', createContext: sessionsContext });
    /** The open streams, each with the address of its page. */
    const streams = new Map<ServerResponse, string>();
    const paths: string[] = [];
    const server = await listen((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      if (pathname.startsWith('/trpc/')) {
        paths.push(pathname.slice('/trpc/'.length));
        if (pathname.endsWith('sessions.watch')) {
          streams.set(response, request.headers.referer ?? '');
          response.once('close', () => streams.delete(response));
        }
        handle(request, response);
        return;
      }
      const script = files.get(pathname);
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(script ?? '<!doctype html><body></body><script type="module" src="/live-page.js"></script>');
    });
    return {
      ...app,
      streams,
      paths,
      origin: new URL(server.url).origin,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  async function openTab(context: BrowserContext, origin: string, name: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${origin}/${name}`);
    return page;
  }

  const shows = (page: Page, ids: readonly string[]) =>
    expect.poll(async () => (await page.locator('#sessions').textContent())?.split(' ')).toEqual(ids);

  test('eight tabs share one stream, and another takes over when its tab closes', async () => {
    await using server = await startServer();
    const { manager, streams, origin } = server;
    await using context = await browser.newContext();
    const tabs = [await openTab(context, origin, '0')];
    await tabs[0]!.getByRole('button', { name: 'Sign in' }).click();
    for (let n = 1; n < 8; n += 1) tabs.push(await openTab(context, origin, String(n)));
    const [own] = await expect
      .poll(() => manager.list('ada'))
      .toHaveLength(1)
      .then(() => manager.list('ada'));
    for (const tab of tabs) await shows(tab, [own!.id]);

    // By now each tab has the list of the stream.
    await expect.poll(() => streams.size).toBe(1);
    const { session: other } = await manager.issue({ userId: 'ada' });
    for (const tab of tabs) await shows(tab, [other.id, own!.id]);
    await manager.revoke({ userId: 'ada', id: other.id });
    for (const tab of tabs) await shows(tab, [own!.id]);
    expect(streams.size).toBe(1);

    const leading = tabs.findIndex((tab) => [...streams.values()].includes(tab.url()));
    expect(leading).not.toBe(-1);
    await tabs[leading]!.close();
    tabs.splice(leading, 1);
    await expect
      .poll(() => [...streams.values()].filter((page) => tabs.some((tab) => tab.url() === page)))
      .toHaveLength(1);
    // That of the closed tab may end later.
    await expect.poll(() => streams.size).toBe(1);
    const { session: third } = await manager.issue({ userId: 'ada' });
    for (const tab of tabs) await shows(tab, [third.id, own!.id]);

    await manager.revokeAll('ada');
    for (const tab of tabs) await expect.poll(() => tab.locator('#status').textContent()).toBe('signedOut');
    await expect.poll(() => streams.size).toBe(0);
  });

  test('a page in the back/forward cache has no stream, and is right again when it comes back', async () => {
    await using server = await startServer();
    const { manager, streams, origin } = server;
    await using context = await browser.newContext();
    const page = await openTab(context, origin, 'first');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => streams.size).toBe(1);
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => void (document.title = persisted ? 'from the cache' : 'loaded'));
    });

    await page.goto(`${origin}/trpc/`);
    await expect.poll(() => streams.size).toBe(0);
    const [own] = await manager.list('ada');
    const { session: other } = await manager.issue({ userId: 'ada' });
    const before = server.paths.length;
    // A page from the cache does not load.
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(() => page.title()).toBe('from the cache');
    await shows(page, [other.id, own!.id]);
    await expect.poll(() => streams.size).toBe(1);
    expect(server.paths.slice(before)).toEqual(['auth.sessions.watch']);

    // Meanwhile, another tab has the stream.
    const second = await openTab(context, origin, 'second');
    await shows(second, [other.id, own!.id]);
    await page.goto(`${origin}/trpc/`);
    await expect.poll(() => [...streams.values()]).toEqual([second.url()]);
    const { session: third } = await manager.issue({ userId: 'ada' });
    const asked = server.paths.length;
    await page.goBack({ waitUntil: 'commit' });
    for (const tab of [page, second]) await shows(tab, [third.id, other.id, own!.id]);
    expect([...streams.values()]).toEqual([second.url()]);
    expect(server.paths.slice(asked)).toEqual([]);
  });

  test('a page that cannot load a part of the hooks stays signed in, rejects a change, and goes on when it can', async () => {
    await using server = await startServer();
    const { manager, streams, origin } = server;
    await using context = await browser.newContext();
    const parts = /\/(?:follow-live|list-later)-/;
    const asked: string[] = [];
    await context.route(parts, (route) => {
      asked.push(parts.exec(route.request().url())?.[0] ?? '');
      return route.abort();
    });
    const { session: other } = await manager.issue({ userId: 'ada' });
    const page = await openTab(context, origin, 'offline');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => manager.list('ada')).toHaveLength(2);
    const own = (await manager.list('ada')).find(({ id }) => id !== other.id);
    await shows(page, [own!.id, other.id]);
    // Each is asked for again, after a pause.
    await expect.poll(() => asked.filter((name) => name === asked[0]).length).toBeGreaterThan(1);

    await page.getByRole('button', { name: 'Revoke others' }).click();
    await expect.poll(() => page.locator('#failure').textContent()).toContain('list-later');
    await shows(page, [own!.id, other.id]);
    expect(await page.locator('#status').textContent()).toBe('signedIn');
    expect(await manager.list('ada')).toHaveLength(2);

    await context.unroute(parts);
    await page.getByRole('button', { name: 'Revoke others' }).click();
    await shows(page, [own!.id]);
    await expect.poll(() => streams.size).toBe(1);
    const { session: third } = await manager.issue({ userId: 'ada' });
    await shows(page, [third.id, own!.id]);
  });
});
