import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createSessionManager, maxIssuedLength } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type CookieOptions, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { createTestApp, secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { httpAdapters, type RunningServer } from '../support/servers.ts';

// A browser's requests as they are on the wire. In test/browser, a real browser sends them.

const settingCookies = httpAdapters.filter(({ name }) => !name.startsWith('AWS Lambda'));
const credentials = JSON.stringify({ json: { username: 'ada', password: 'right' } });
const json = { 'content-type': 'application/json' };

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string | FormData;
}

/** Sends every header as it is: `fetch` sets `Host` itself. */
async function send(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number | undefined; body: string; setCookie: string[] | undefined }> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method: 'POST', headers }, resolve).on('error', reject).end(body);
  });
  return { status: message.statusCode, body: await text(message), setCookie: message.headers['set-cookie'] };
}

function originOf({ url }: RunningServer): string {
  return new URL(url).origin;
}

async function post(server: RunningServer, path: string, init: Sent = {}): Promise<Response> {
  return fetch(`${server.url}/${path}`, { method: 'POST', ...init });
}

async function signIn(server: RunningServer, headers: Record<string, string>): Promise<string | null> {
  const response = await post(server, 'auth.login', { headers: { ...json, ...headers }, body: credentials });
  expect(response.status).toBe(200);
  // The device mark follows, in a cookie of its own.
  return response.headers.getSetCookie()[0] ?? null;
}

describe.each(settingCookies)('a cookie behind the $name adapter', ({ start }) => {
  test('is set by login for this host alone, read back, and cleared by logout', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router, { cookie: true });
    const own = { origin: originOf(server) };

    const set = await signIn(server, own);
    expect(set).toMatch(/^__Host-session=[\w.-]+; /);
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax', 'Expires='])
      expect(set).toContain(attribute);
    expect(set).not.toContain('Domain');

    const cookie = set!.split(';')[0]!;
    const me = await fetch(`${server.url}/me`, { headers: { cookie } });
    expect(me.status).toBe(200);
    expect(me.headers.get('cache-control')).toBe('no-store');
    const out = await post(server, 'auth.logout', { headers: { ...json, ...own, cookie } });
    expect(out.status).toBe(200);
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-session=; Max-Age=0; /);
    expect((await fetch(`${server.url}/me`, { headers: { cookie } })).status).toBe(401);
  });

  test('is cleared by logout alone: a refusal of another call leaves it to the page', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router, { cookie: true });
    const own = { origin: originOf(server) };
    const { token } = await app.manager.issue({ userId: 'ada' });
    await app.manager.revokeAll('ada');
    const headers = { ...json, ...own, cookie: `__Host-session=${token}` };
    for (const refused of [
      await fetch(`${server.url}/me`, { headers }),
      await fetch(`${server.url}/auth.sessions.current`, { headers }),
      await post(server, 'auth.sessions.revokeOthers', { headers }),
    ]) {
      expect(refused.status).toBe(401);
      expect(refused.headers.get('set-cookie')).toBeNull();
    }
    const out = await post(server, 'auth.logout', { headers });
    expect(out.status).toBe(401);
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-session=; Max-Age=0; /);
  });

  test.each(['trpc-accept', 'accept'])(
    'cannot be set from a streamed batch, whose headers have left: login is refused with the remedy, by %s',
    async (name) => {
      await using app = await createTestApp();
      await using server = await start(app.router, { cookie: true });
      const headers = { ...json, origin: originOf(server), [name]: 'application/jsonl' };
      const body = JSON.stringify({ 0: { json: { username: 'ada', password: 'right' } } });
      const answer = await (await post(server, 'auth.login?batch=1', { headers, body })).text();
      expect(answer).toContain('"FORBIDDEN"');
      expect(answer).toContain('splitLink');
      expect(await app.manager.list('ada')).toEqual([]);

      // A client that is no browser needs no cookie.
      const { origin, ...bare } = headers;
      expect(origin).toBeDefined();
      const signedIn = await post(server, 'auth.login?batch=1', { headers: bare, body });
      expect(await signedIn.text()).toContain('"token"');
      expect(signedIn.headers.get('set-cookie')).toBeNull();
    },
  );

  test('is neither set nor read by default, and the answer of login is in no cache', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const response = await post(server, 'auth.login', { headers: json, body: credentials });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { token } = await app.manager.issue({ userId: 'ada' });
    expect((await fetch(`${server.url}/me`, { headers: { cookie: `__Host-session=${token}` } })).status).toBe(401);
  });
});

describe('a page of another origin', () => {
  const [standalone] = httpAdapters;

  async function world() {
    const app = await createTestApp();
    const server = await standalone!.start(app.router, {
      cookie: { allowedOrigins: ['https://friend.example'], sameSite: 'strict' },
    });
    const { token, session } = await app.manager.issue({ userId: 'ada' });
    return {
      app,
      server,
      session,
      cookie: `__Host-session=${token}`,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  const form = new FormData();
  form.set('id', 'x');

  test.each<[string, Sent]>([
    ['with JSON', { headers: json, body: '{}' }],
    ['with a form, which needs no preflight', { body: form }],
    ['with a text, which needs no preflight', { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['with nothing, which needs no preflight', {}],
  ])('cannot make a mutation %s', async (_, init) => {
    await using w = await world();
    for (const origin of ['https://evil.example', 'null', `${originOf(w.server)}.evil.example`, '']) {
      const from: Record<string, string> = origin === '' ? {} : { origin };
      for (const path of ['auth.logout', 'auth.sessions.revokeOthers', 'auth.sessions.revoke']) {
        const response = await post(w.server, path, {
          ...init,
          headers: { ...init.headers, ...from, cookie: w.cookie },
        });
        expect(response.status, `${path} from ${origin}`).toBeGreaterThanOrEqual(400);
      }
    }
    expect(await w.app.manager.list('ada')).toHaveLength(1);
  });

  test.each<[string, Record<string, string>, string]>([
    ['from another origin', { origin: 'https://evil.example' }, 'cookie.allowedOrigins'],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 'cookie.allowedOrigins'],
    [
      'from another site that is allowed, where browsers drop the cookie',
      { origin: 'https://friend.example', 'sec-fetch-site': 'cross-site' },
      'cookie.sameSite',
    ],
    ['without TLS', { origin: 'http://nas.local', host: 'nas.local' }, 'cookie.secure'],
  ])(
    'is refused by login, with an error for the developer and before a session is written, %s',
    async (_, headers, option) => {
      await using w = await world();
      const { status, body, setCookie } = await send(
        `${w.server.url}/auth.login`,
        { ...json, ...headers },
        credentials,
      );
      expect(status).toBe(403);
      expect(body).toContain(option);
      expect(body).not.toContain('session":{"reason');
      expect(setCookie).toBeUndefined();
      expect(await w.app.manager.list('ada')).toHaveLength(1);
    },
  );

  test('can sign in and send mutations, if its origin is allowed', async () => {
    await using w = await world();
    expect(await signIn(w.server, { origin: 'https://friend.example' })).toContain('SameSite=Strict');
    const headers = { ...json, origin: 'https://friend.example', cookie: w.cookie };
    expect((await post(w.server, 'auth.sessions.revokeOthers', { headers })).status).toBe(200);
  });

  test('can send mutations with a token in the header: no browser adds that by itself', async () => {
    await using w = await world();
    const headers = { ...json, origin: 'https://evil.example', authorization: `Bearer ${w.cookie.split('=')[1]}` };
    expect((await post(w.server, 'auth.sessions.revokeOthers', { headers })).status).toBe(200);
  });
});

test('claims that no cookie holds are refused before a session is written, with the two sizes', async () => {
  await using database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  let size = 6000;
  const authenticate = ({ username: id }: { username: string }) => ({ id, claims: { text: 'x'.repeat(size) } });
  const sessions = createSessionsPlugin({ manager, authenticate });
  const t = initTRPC.context<SessionsContext>().create();
  const me = t.procedure.concat(sessions.authenticated).query(({ ctx }) => ctx.userId);
  const router = t.router({ me, auth: sessions.router });
  const call = (path: string, init: RequestInit) =>
    fetchRequestHandler({
      endpoint: '',
      req: new Request(`https://app.example/${path}`, init),
      router,
      createContext: (opts) => sessionsContext(opts, { cookie: true }),
    });
  const login = () =>
    call('auth.login', {
      method: 'POST',
      headers: { ...json, origin: 'https://app.example' },
      body: JSON.stringify({ username: 'ada', password: 'right' }),
    });

  const refused = await login();
  expect(refused.status).toBe(500);
  expect(await refused.text()).toMatch(/claims: .*\b8\d{3} characters.*\b3800\b/);
  expect(refused.headers.get('set-cookie')).toBeNull();
  expect(await manager.list('ada')).toEqual([]);

  size = 2000;
  const { result } = (await (await login()).json()) as { result: { data: { token: string } } };
  // In base64, four characters hold three bytes.
  size += Math.floor((maxIssuedLength - result.data.token.length) * 0.75);
  const [cookie] = (await login()).headers.getSetCookie();
  expect(cookie!.length).toBeGreaterThan(maxIssuedLength);
  expect(cookie!.length).toBeLessThanOrEqual(4096);
  expect((await call('me', { headers: { cookie: cookie!.split(';')[0]! } })).status).toBe(200);
});

describe('the cookie of a session that outlives it', () => {
  const [standalone] = httpAdapters;
  const day = 86_400_000;

  async function world(lifetime: '10y' | '400d', cookie: CookieOptions = {}) {
    let now = Date.parse('2026-01-01T12:00:00Z');
    const app = await createTestApp({ lifetime, clock: () => now });
    const server = await standalone!.start(app.router, { cookie });
    const set = await signIn(server, { origin: originOf(server) });
    const headers = { cookie: set!.split(';')[0]! };
    const renewed = async (path: string): Promise<boolean> => {
      const response = await fetch(`${server.url}/${path}`, { headers });
      expect(response.status).toBe(200);
      const again = response.headers.get('set-cookie');
      if (again !== null) expect(again.split('; ').toSorted()).toEqual(set!.split('; ').toSorted());
      return again !== null;
    };
    return {
      renewed,
      manager: app.manager,
      token: decodeURIComponent(headers.cookie.slice(headers.cookie.indexOf('=') + 1)),
      advance: (milliseconds: number) => void (now += milliseconds),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  test('is renewed by sessions.current alone, at most once a day', async () => {
    await using w = await world('10y');
    expect(await w.renewed('auth.sessions.current')).toBe(false);
    for (let days = 1; days <= 3; days += 1) {
      w.advance(day);
      expect(await w.renewed('me')).toBe(false);
      expect(await w.renewed('auth.sessions.list')).toBe(false);
      expect(await w.renewed('auth.sessions.current')).toBe(true);
      expect(await w.renewed('auth.sessions.current')).toBe(false);
      w.advance(day / 2);
      expect(await w.renewed('auth.sessions.current')).toBe(false);
    }
  });

  test('is not renewed by a late call with a token that has been reissued: the cookie of the new one stays', async () => {
    await using w = await world('10y');
    w.advance(2 * day);
    await w.manager.reissue(w.token, { grace: '10m' });
    expect(await w.renewed('auth.sessions.current')).toBe(false);
  });

  test('is renewed some minutes after the session was changed', async () => {
    await using w = await world('10y');
    w.advance(2 * day);
    const [session] = await w.manager.list('ada');
    await w.manager.update({ userId: 'ada', id: session!.id, name: 'My laptop' });
    w.advance(day / 2);
    expect(await w.renewed('auth.sessions.current')).toBe(true);
  });

  test('is not renewed if it ends with the browser’s session, nor for a session that it lasts as long as', async () => {
    await using transient = await world('10y', { persistent: false });
    transient.advance(2 * day);
    expect(await transient.renewed('auth.sessions.current')).toBe(false);

    await using short = await world('400d');
    short.advance(2 * day);
    expect(await short.renewed('auth.sessions.current')).toBe(false);
  });
});
