import { expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { chromiumProgram, launchBrowser } from '../support/browser.ts';
import { describeIf } from '../support/optional.ts';
import { httpAdapters } from '../support/servers.ts';

const [standalone] = httpAdapters;

describeIf(chromiumProgram !== undefined, 'a cookie in Chromium', 'install chromium, or set CHROMIUM_PATH', () => {
  test('signs in this origin’s pages, which cannot read it, and no other origin’s', async () => {
    await using app = await createTestApp();
    await using server = await standalone!.start(app.router, { cookie: true });
    await using elsewhere = await standalone!.start(app.router);
    // Two sites, for the browser: a name and an address.
    const own = server.url.replace('127.0.0.1', 'localhost');
    const browser = await launchBrowser();
    try {
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
            // What a page may send without asking: the browser adds the cookies it is allowed to.
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
      expect(await page.context().cookies(own)).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
