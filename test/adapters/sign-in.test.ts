import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { describe, expect, test } from 'vitest';
import { createTestApp, secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

// Signing in in the app's own way: from a procedure, such as a sign-up, and from a plain route, such as an OAuth callback.

async function createWorld() {
  const database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  const sessions = createSessionsPlugin({ manager, authenticate: () => null });
  const t = initTRPC.context<SessionsContext>().create();
  const router = t.router({
    auth: sessions.router,
    signUp: t.procedure.mutation(({ ctx }) => sessions.signIn(ctx, { id: 'ada', claims: { plan: 'free' } })),
    leave: t.procedure.mutation(({ ctx }) => sessions.signOut(ctx)),
    upgrade: t.procedure.mutation(({ ctx }) => sessions.reissue(ctx, { claims: { plan: 'paid' }, grace: '0s' })),
  });
  const contextOf = (opts: object) => sessionsContext(opts, { cookie: true });
  const trpc = createHTTPHandler({ router, createContext: contextOf, basePath: '/trpc/' });
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://app');
    if (pathname !== '/callback') {
      trpc(req, res);
      return;
    }
    void (async () => {
      try {
        await sessions.signIn(
          contextOf({ req, res }),
          { id: 'ada', persistent: false, lifetime: '1h' },
          { since: searchParams.get('state') ?? '' },
        );
        res.writeHead(302, { location: '/' }).end();
      } catch (error) {
        res.writeHead(401).end(String(error));
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (headers: Record<string, string>): TRPCClient<typeof router> =>
    createTRPCClient<typeof router>({ links: [httpLink({ url: `${origin}/trpc`, headers })] });
  return {
    manager,
    sessions,
    client,
    origin,
    /** Comes back from the provider, as a browser does. */
    comeBack: (state: string, headers: Record<string, string> = {}) =>
      fetch(`${origin}/callback?state=${encodeURIComponent(state)}`, {
        redirect: 'manual',
        headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', ...headers },
      }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? '';

describe('signIn', () => {
  test('in a procedure returns what login returns, and the session is live', async () => {
    await using w = await createWorld();
    const { token, session, userId, claims } = await w.client({}).signUp.mutate();
    expect({ userId, claims, current: session.current }).toEqual({
      userId: 'ada',
      claims: { plan: 'free' },
      current: true,
    });
    const own = w.client({ authorization: `Bearer ${token}` });
    expect(await own.auth.sessions.current.query()).toMatchObject({ id: session.id, userId, claims });
  });

  test('replaces the session that the request came with, unless it must not', async () => {
    await using w = await createWorld();
    const { token } = await w.client({}).signUp.mutate();
    await w.client({ authorization: `Bearer ${token}` }).signUp.mutate();
    await expect(w.manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
    const second = await w.manager.issue({ userId: 'ada' });
    const caller = { token: second.token, ip: null, userAgent: null, clientHints: null };
    await w.sessions.signIn({ caller }, { id: 'ada' }, { replace: false });
    await w.manager.verify(second.token);
  });

  test('in the callback of a provider sets the cookie, for the browser’s session if it is not persistent', async () => {
    await using w = await createWorld();
    const response = await w.comeBack(await w.manager.signInMark());
    expect(response.status).toBe(302);
    const set = response.headers.get('set-cookie') ?? '';
    expect(set).toContain('HttpOnly');
    expect(set).not.toContain('Expires');
    const current = await w.client({ cookie: cookieOf(response) }).auth.sessions.current.query();
    expect(Date.parse(current.expiresAt) - Date.parse(current.createdAt)).toBeLessThanOrEqual(3_600_000);
  });

  test('is refused when sessions of the user were revoked since the redirect', async () => {
    await using w = await createWorld();
    const state = await w.manager.signInMark();
    await w.manager.revokeAll('ada');
    const response = await w.comeBack(state);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
    expect((await w.comeBack('forged')).status).toBe(401);
    expect(await w.manager.list('ada')).toEqual([]);
    expect((await w.comeBack(await w.manager.signInMark())).status).toBe(302);
  });

  test('after revokeAll, as a reset does both, signs in', async () => {
    await using w = await createWorld();
    await w.manager.issue({ userId: 'ada' });
    await w.manager.revokeAll('ada');
    const { token } = await w.client({}).signUp.mutate();
    expect(await w.manager.list('ada')).toHaveLength(1);
    await w.manager.verify(token);
  });
});

describe('signOut', () => {
  test('revokes the session and clears the cookie', async () => {
    await using w = await createWorld();
    const cookie = cookieOf(await w.comeBack(await w.manager.signInMark()));
    const leave = () =>
      fetch(`${w.origin}/trpc/leave`, {
        method: 'POST',
        headers: { cookie, origin: w.origin, 'content-type': 'application/json' },
      });
    const response = await leave();
    expect(response.headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await w.manager.list('ada')).toEqual([]);
    // Twice is no error.
    expect((await leave()).status).toBe(200);
  });
});

describe('reissue', () => {
  const upgrade = (origin: string, headers: Record<string, string>) =>
    fetch(`${origin}/trpc/upgrade`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    });

  test('sets the cookie again, as persistent as it came', async () => {
    await using w = await createWorld();
    const transient = cookieOf(await w.comeBack(await w.manager.signInMark()));
    const signedUp = await fetch(`${w.origin}/trpc/signUp`, {
      method: 'POST',
      headers: { origin: w.origin, 'content-type': 'application/json' },
    });
    for (const [cookie, isPersistent] of [
      [transient, false],
      [cookieOf(signedUp), true],
    ] as const) {
      const response = await upgrade(w.origin, { cookie, origin: w.origin });
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('set-cookie')?.includes('Expires')).toBe(isPersistent);
      const renewed = w.client({ cookie: cookieOf(response) }).auth.sessions.current;
      expect(await renewed.query()).toMatchObject({ claims: { plan: 'paid' } });
      await expect(w.client({ cookie }).auth.sessions.current.query()).rejects.toThrow(/ended|sign/i);
    }
  });

  test('sets no cookie for a request with a token of its own', async () => {
    await using w = await createWorld();
    const { token } = await w.client({}).signUp.mutate();
    const response = await upgrade(w.origin, { authorization: `Bearer ${token}` });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([200, null]);
  });
});

test('the calls of one render share one look-up, if the context says that they are a batch', async () => {
  await using app = await createTestApp();
  const { token } = await app.manager.issue({ userId: 'ada' });
  const render = (info: object) =>
    app.router.createCaller(
      sessionsContext(
        { req: { method: 'GET', headers: new Headers({ cookie: `__Host-session=${token}` }) }, ...info },
        { cookie: true },
      ),
    );
  for (const [info, lookUps] of [
    [{ info: { isBatchCall: true } }, 1],
    [{}, 3],
  ] as const) {
    app.database.clearQueries();
    const caller = render(info);
    for (const name of ['layout', 'page', 'card']) expect(await caller.me(), name).toMatchObject({ userId: 'ada' });
    expect(app.database.queries).toHaveLength(lookUps);
  }
});
