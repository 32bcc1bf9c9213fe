import { readFileSync } from 'node:fs';
import Credentials from '@auth/core/providers/credentials';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createAuth } from './authjs.ts';

const origin = 'http://localhost:3000';

async function createWorld() {
  const db = new SqliteDatabase(':memory:');
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: secret });
  const {
    router: sessions,
    authenticated,
    signIn,
    signOut,
  } = createSessionsPlugin({ manager, authenticate: () => null });
  const logged: unknown[] = [];
  const config = {
    providers: [
      Credentials({
        credentials: { username: {}, password: {} },
        authorize: ({ username, password }) =>
          password === 'lovelace' ? { id: 'of Auth.js', name: String(username) } : null,
      }),
    ],
    basePath: '/api/auth',
    secret,
    trustHost: true,
    logger: { error: (error: Error) => void logged.push(error) },
  };
  const handler = createAuth(manager, { signIn, signOut }, config, async ({ user }) => `user-${user.name}`);

  const t = initTRPC.context<SessionsContext>().create();
  const router = t.router({ sessions, me: t.procedure.concat(authenticated).query(({ ctx }) => ctx.userId) });

  function openBrowser() {
    const cookies = new Map<string, string>();
    const headers = (): Headers =>
      new Headers({
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'sec-fetch-site': 'same-origin',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      });

    async function send(path: string, form?: Record<string, string>): Promise<Response> {
      const body = form && new URLSearchParams(form);
      const request = new Request(`${origin}/api/auth/${path}`, {
        method: form ? 'POST' : 'GET',
        headers: headers(),
        ...(body && { body }),
      });
      const response = await handler(request);
      for (const set of response.headers.getSetCookie()) {
        const [name = '', value = ''] = set.split(/[=;]/);
        if (value === '' || /max-age=0/i.test(set)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return response;
    }

    async function post(path: string, form: Record<string, string>): Promise<Response> {
      const { csrfToken } = (await (await send('csrf')).json()) as { csrfToken: string };
      return send(path, { ...form, csrfToken });
    }

    return {
      cookies,
      signIn: (password = 'lovelace') => post('callback/credentials', { username: 'ada', password }),
      signOut: () => post('signout', {}),
      /** The user whom Auth.js knows. */
      known: async (): Promise<unknown> => (await (await send('session')).json())?.user?.name ?? null,
      caller: () =>
        router.createCaller(sessionsContext({ req: new Request(origin, { headers: headers() }) }, { cookie: true })),
    };
  }

  return {
    db,
    manager,
    logged,
    openBrowser,
    async [Symbol.asyncDispose]() {
      await manager.close();
      db.close();
    },
  };
}

describe('beside Auth.js', () => {
  test('a user who signs in there is signed in here, and lists the devices', async () => {
    await using w = await createWorld();
    const [laptop, phone] = [w.openBrowser(), w.openBrowser()];
    await laptop.signIn();
    await phone.signIn();
    expect(await laptop.caller().me()).toBe('user-ada');
    const listed = await laptop.caller().sessions.sessions.list();
    expect(listed.map(({ device }) => device.name)).toEqual(['Firefox on Linux', 'Firefox on Linux']);
    expect([await laptop.known(), await phone.known()]).toEqual(['ada', 'ada']);
  });

  test('a wrong password signs in nowhere', async () => {
    await using w = await createWorld();
    const laptop = w.openBrowser();
    await laptop.signIn('wrong');
    expect(await laptop.known()).toBeNull();
    await expect(laptop.caller().me()).rejects.toMatchObject({ cause: { reason: 'missing_token' } });
  });

  test('a session that is revoked here ends there at once', async () => {
    await using w = await createWorld();
    const [laptop, phone] = [w.openBrowser(), w.openBrowser()];
    await laptop.signIn();
    await phone.signIn();
    await laptop.caller().sessions.sessions.revokeOthers();
    await expect(phone.caller().me()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
    expect(await phone.known()).toBeNull();
    expect([...phone.cookies.keys()]).not.toContain('authjs.session-token');
    expect(await laptop.known()).toBe('ada');
    expect(w.logged).toEqual([]);
  });

  test('signing out there ends the session here', async () => {
    await using w = await createWorld();
    const laptop = w.openBrowser();
    await laptop.signIn();
    await laptop.signOut();
    expect(await w.manager.list('user-ada')).toEqual([]);
    expect([...laptop.cookies.keys()]).not.toContain('__Host-session');
    expect(w.logged).toEqual([]);
  });

  test('a database that is down signs no user out of either', async () => {
    await using w = await createWorld();
    const laptop = w.openBrowser();
    await laptop.signIn();
    w.db.exec('alter table sessions rename to away');
    expect(await laptop.known()).toBe('ada');
    w.db.exec('alter table away rename to sessions');
    expect(await laptop.caller().me()).toBe('user-ada');
  });

  test('to sign in again replaces the session of the browser', async () => {
    await using w = await createWorld();
    const laptop = w.openBrowser();
    await laptop.signIn();
    await laptop.signIn();
    expect(await w.manager.list('user-ada')).toHaveLength(1);
    expect(await laptop.known()).toBe('ada');
  });
});

test('the recipe for Auth.js has fewer than 30 lines', () => {
  const code = readFileSync(new URL('authjs.ts', import.meta.url), 'utf8');
  expect(code.split('\n').filter((line) => line !== '').length).toBeLessThan(30);
});
