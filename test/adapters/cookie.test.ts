import { describe, expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { httpAdapters, type RunningServer } from '../support/servers.ts';

// A browser's requests as they are on the wire; test/browser has a real one send them.

const settingCookies = httpAdapters.filter(({ name }) => !name.startsWith('AWS Lambda'));
const credentials = JSON.stringify({ json: { username: 'ada', password: 'right' } });
const json = { 'content-type': 'application/json' };

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string | FormData;
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
  return response.headers.get('set-cookie');
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
    expect((await fetch(`${server.url}/me`, { headers: { cookie } })).status).toBe(200);
    const out = await post(server, 'auth.logout', { headers: { ...json, ...own, cookie } });
    expect(out.status).toBe(200);
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-session=; Max-Age=0; /);
    expect((await fetch(`${server.url}/me`, { headers: { cookie } })).status).toBe(401);
  });

  test('is not set from a streamed batch, whose headers have left, and login succeeds all the same', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router, { cookie: true });
    const headers = { ...json, origin: originOf(server), 'trpc-accept': 'application/jsonl' };
    const body = JSON.stringify({ 0: { json: { username: 'ada', password: 'right' } } });
    const response = await post(server, 'auth.login?batch=1', { headers, body });
    expect(await response.text()).toContain('"token"');
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test('is neither set nor read where it was not asked for', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    expect(await signIn(server, { origin: originOf(server) })).toBeNull();
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

  test('cannot sign its visitor in as somebody else', async () => {
    await using w = await world();
    expect(await signIn(w.server, { origin: 'https://evil.example' })).toBeNull();
    expect(await signIn(w.server, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).toBeNull();
  });

  test('may, where it is a friend', async () => {
    await using w = await world();
    expect(await signIn(w.server, { origin: 'https://friend.example' })).toContain('SameSite=Strict');
    const headers = { ...json, origin: 'https://friend.example', cookie: w.cookie };
    expect((await post(w.server, 'auth.sessions.revokeOthers', { headers })).status).toBe(200);
  });

  test('a header is no cookie: it proves that a program of ours sent it', async () => {
    await using w = await world();
    const headers = { ...json, origin: 'https://evil.example', authorization: `Bearer ${w.cookie.split('=')[1]}` };
    expect((await post(w.server, 'auth.sessions.revokeOthers', { headers })).status).toBe(200);
  });
});
