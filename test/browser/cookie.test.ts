import { sessionsContext, type CookieOptions } from '@trpc-sessions/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { createTestApp, type AppRouter } from '../support/app.ts';
import { chromiumProgram } from '../support/browser.ts';
import { connectBrowser } from '../support/connect-browser.ts';
import { describeIf } from '../support/optional.ts';
import { httpAdapters, listen, type RunningServer } from '../support/servers.ts';

const [standalone] = httpAdapters;

describeIf(chromiumProgram !== undefined, 'a cookie in Chromium', 'install chromium, or set CHROMIUM_PATH', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await connectBrowser();
    return () => browser.close();
  });

  test('signs in the pages of this origin, which cannot read it, and of no other origin', async () => {
    await using app = await createTestApp();
    await using server = await standalone!.start(app.router, { cookie: true });
    await using elsewhere = await standalone!.start(app.router);
    // Two sites, for the browser: a name and an address.
    const own = server.url.replace('127.0.0.1', 'localhost');
    const page = await (await browser.newContext()).newPage();
    const path = `${own}/open?input=${encodeURIComponent('{"json":null}')}`;
    await page.goto(path);

    const signedIn = await page.evaluate(async (url) => {
      const credentials = JSON.stringify({ json: { username: 'ada', password: 'right' } });
      await fetch(`${url}/auth.login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: credentials,
      });
      return { me: (await fetch(`${url}/me`)).status, seen: document.cookie };
    }, own);
    expect(signedIn).toEqual({ me: 200, seen: '' });
    const [cookie] = await page.context().cookies(own);
    expect(cookie).toMatchObject({
      name: '__Host-session',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
    });

    const evil = await page.context().newPage();
    await evil.goto(path.replace(own, elsewhere.url));
    await evil.evaluate(async (url) => {
      const form = new FormData();
      form.set('id', 'x');
      for (const procedure of ['auth.logout', 'auth.sessions.revokeOthers', 'auth.sessions.revoke']) {
        for (const body of [null, '{}', form]) {
          // Browsers send these without a preflight, and add the cookies that SameSite allows.
          await fetch(`${url}/${procedure}`, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(
            () => {},
          );
        }
      }
    }, own);
    await evil.evaluate((url) => {
      const form = document.createElement('form');
      form.method = 'post';
      form.action = `${url}/auth.logout`;
      document.body.append(form);
      form.submit();
    }, own);
    await evil.waitForURL((url) => url.href.startsWith(own));
    expect(await app.manager.list('ada')).toHaveLength(1);

    const out = await page.evaluate(async (url) => {
      const response = await fetch(`${url}/auth.logout`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      return { status: response.status, me: (await fetch(`${url}/me`)).status };
    }, own);
    expect(out).toEqual({ status: 200, me: 401 });
    // The mark of the device stays: it signs no user in.
    const left = await page.context().cookies(own);
    expect(left.map(({ name }) => name)).toEqual(['__Host-session-mark']);
  });

  /** Signs in from a page, then asks who is signed in; the statuses of both, and the first answer. */
  async function signInFrom(page: Page, api: string) {
    return page.evaluate(async (url) => {
      const login = await fetch(`${url}/auth.login`, {
        method: 'POST',
        credentials: 'include',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ json: { username: 'ada', password: 'right' } }),
      });
      const me = await fetch(`${url}/me`, { credentials: 'include' });
      return { login: login.status, answer: await login.text(), me: me.status };
    }, api);
  }

  test('on a network of ours, without TLS: login is refused, or the cookie works with secure: false', async () => {
    await using app = await createTestApp();
    await using secure = await standalone!.start(app.router, { cookie: true });
    await using insecure = await standalone!.start(app.router, { cookie: { secure: false } });
    const page = await (await browser.newContext()).newPage();
    const visit = async ({ url }: RunningServer): Promise<string> => {
      const api = url.replace('127.0.0.1', 'nas.example');
      await page.goto(`${api}/open?input=${encodeURIComponent('{"json":null}')}`);
      return api;
    };
    const refused = await signInFrom(page, await visit(secure));
    expect(refused).toMatchObject({ login: 403, me: 401 });
    expect(refused.answer).toContain('cookie.secure');
    expect(await app.manager.list('ada')).toEqual([]);
    expect(await signInFrom(page, await visit(insecure))).toMatchObject({ login: 200, me: 200 });
  });

  test('from a page of another site: login is refused, or the cookie works with sameSite: none', async () => {
    await using app = await createTestApp();
    await using page = await standalone!.start(app.router);
    const { origin } = new URL(page.url);
    const allowed = { allowedOrigins: [origin] };
    await using closed = await startForOrigin(app.router, origin, {});
    await using lax = await startForOrigin(app.router, origin, allowed);
    await using open = await startForOrigin(app.router, origin, { ...allowed, sameSite: 'none', partitioned: true });
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(`${page.url}/open?input=${encodeURIComponent('{"json":null}')}`);
    // Another site, for the browser: a name, where the page has an address.
    const api = ({ url }: RunningServer): string => url.replace('127.0.0.1', 'localhost');
    expect(await signInFrom(tab, api(closed))).toMatchObject({ login: 403, me: 401 });
    expect(await signInFrom(tab, api(lax))).toMatchObject({ login: 403, me: 401 });
    expect(await app.manager.list('ada')).toEqual([]);
    expect(await signInFrom(tab, api(open))).toMatchObject({ login: 200, me: 200 });
  });
});

/** A server that the pages of one other origin may call (CORS). */
async function startForOrigin(router: AppRouter, origin: string, cookie: CookieOptions): Promise<RunningServer> {
  const handle = createHTTPHandler({
    router,
    basePath: '/trpc/',
    createContext: (opts) => sessionsContext(opts, { cookie }),
    middleware(request, response, next) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-allow-credentials', 'true');
      response.setHeader('access-control-allow-headers', 'content-type');
      if (request.method === 'OPTIONS') response.end();
      else next();
    },
  });
  return listen(handle);
}
