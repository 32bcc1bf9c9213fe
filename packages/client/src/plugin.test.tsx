// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PropsWithChildren } from 'react';
import superjson from 'superjson';
import { afterEach, describe, expect, test } from 'vitest';
import { cookieTokenStore } from './tokens/cookie-store.ts';
import { sessionErrorReason } from './errors.ts';
import { sessionLinks } from './links/session-links.ts';
import { SessionProvider } from './react/provider.tsx';
import { useSession, type UseSessionResult } from './react/use-session.ts';
import { useSessions, type UseSessionsResult } from './react/use-sessions.ts';
import { browserFetch } from './testing/fetch.ts';
import { localStorageTokenStore } from './tokens/local-storage.ts';
import { memoryTokenStore } from './tokens/memory.ts';
import type { TokenStore } from './tokens/token-store.ts';

// The other tests of this package use a server that fails on demand. These use the real plugin.

const right = { username: 'ada', password: 'right' };
const day = 86_400_000;

afterEach(() => {
  cleanup();
  localStorage.clear();
});

async function startServer({ cookie = false } = {}) {
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SQLite(':memory:') }) });
  await migrateToLatest(db);
  let now = Date.now();
  const keys = 'a secret of more than thirty-two bytes';
  const manager = createSessionManager({ db, keys, lifetime: '30d', idleTimeout: '14d', clock: () => now });
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) => (password === 'right' ? { id: username } : null),
  });
  const t = initTRPC.context<SessionsContext>().create({ transformer: superjson });
  const me = t.procedure.concat(sessions.authenticated).query(({ ctx }) => ctx.userId);
  const router = t.router({ auth: sessions.router, me });

  const requests: IncomingHttpHeaders[] = [];
  const server = createHTTPServer({
    router,
    createContext(opts) {
      requests.push(opts.req.headers);
      return sessionsContext(opts, { cookie });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    manager,
    requests,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** Opens a browser, whose pages share its cookies. */
    openBrowser() {
      const cookies = new Map<string, string>();
      const fetch = browserFetch(cookies);
      /** Loads a page. */
      function openPage(tokens: TokenStore) {
        const links = sessionLinks<typeof router>({ url, at: 'auth', tokens, transformer: superjson, fetch });
        const trpc = createTRPCClient<typeof router>({ links });
        const queryClient = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
        const wrapper = ({ children }: PropsWithChildren) => (
          <QueryClientProvider client={queryClient}>
            <SessionProvider client={trpc.auth} tokens={tokens}>
              {children}
            </SessionProvider>
          </QueryClientProvider>
        );
        const { result } = renderHook(() => [useSession(), useSessions()] as const, { wrapper });
        return {
          trpc,
          tokens,
          session: (): UseSessionResult => result.current[0],
          list: (): UseSessionsResult => result.current[1],
        };
      }
      return { cookies, openPage };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await manager.close();
      await db.destroy();
    },
  };
}

const idsOf = ({ sessions }: UseSessionsResult) => sessions.map(({ id }) => id);

describe('with the real plugin', () => {
  test('the links keep, send and drop the token', async () => {
    await using server = await startServer();
    const { trpc, tokens } = server.openBrowser().openPage(memoryTokenStore());
    expect(sessionErrorReason(await trpc.me.query().catch((error: unknown) => error))).toBe('missing_token');
    const wrong = trpc.auth.login.mutate({ ...right, password: 'wrong' }).catch((error: unknown) => error);
    expect(sessionErrorReason(await wrong)).toBe('invalid_credentials');

    const { token, session } = await trpc.auth.login.mutate(right);
    expect(tokens.get()).toBe(token);
    expect(session.expiresAt).toBeInstanceOf(Date);
    expect(await trpc.me.query()).toBe('ada');
    await trpc.auth.logout.mutate();
    expect(tokens.get()).toBeNull();
    expect(await server.manager.list('ada')).toEqual([]);
  });

  test.each([
    ['expired_token', 31 * day],
    ['idle_session', 15 * day],
  ])('a refusal with %s drops the token', async (reason, later) => {
    await using server = await startServer();
    const { trpc, tokens } = server.openBrowser().openPage(memoryTokenStore());
    await trpc.auth.login.mutate(right);
    server.pass(later);
    expect(sessionErrorReason(await trpc.me.query().catch((error: unknown) => error))).toBe(reason);
    expect(tokens.get()).toBeNull();
  });

  test('the hooks sign in, list, revoke and sign out', async () => {
    await using server = await startServer();
    const { session, list } = server.openBrowser().openPage(localStorageTokenStore());
    expect(session().status).toBe('signedOut');
    const own = await act(() => session().login(right));
    expect(session()).toMatchObject({ status: 'signedIn', session: { id: own.id } });

    const { session: other } = await server.manager.issue({ userId: 'ada' });
    const { session: third } = await server.manager.issue({ userId: 'ada' });
    await act(() => list().refetch());
    await waitFor(() => expect(new Set(idsOf(list()))).toEqual(new Set([own.id, other.id, third.id])));
    await act(() => list().revoke(other.id));
    await act(() => list().revokeOthers());
    await waitFor(() => expect(list().sessions).toMatchObject([{ id: own.id, current: true }]));
    expect(await server.manager.list('ada')).toHaveLength(1);

    await act(() => session().logout());
    expect(session().status).toBe('signedOut');
    expect(await server.manager.list('ada')).toEqual([]);
  });

  test('the hooks are signed out when another device revokes the session', async () => {
    await using server = await startServer();
    const { session } = server.openBrowser().openPage(memoryTokenStore());
    await act(() => session().login(right));
    await server.manager.revokeAll('ada');
    await act(() => session().refetch());
    await waitFor(() => expect(session().status).toBe('signedOut'));
  });
});

describe('with the cookie of the real plugin', () => {
  test('signing out revokes the session even if the page holds no token', async () => {
    await using server = await startServer({ cookie: true });
    const { cookies, openPage } = server.openBrowser();
    const before = openPage(memoryTokenStore());
    await act(() => before.session().login(right));
    cleanup();

    const { session } = openPage(memoryTokenStore());
    expect(session().status).toBe('signedOut');
    await act(() => session().logout());
    expect(await server.manager.list('ada')).toEqual([]);
    expect(cookies).toEqual(new Map());
    // The session has already ended, which is no error.
    await act(() => session().logout());
  });

  test('a page with cookieTokenStore is still signed in after a reload, and can sign out', async () => {
    await using server = await startServer({ cookie: true });
    const { cookies, openPage } = server.openBrowser();
    const before = openPage(cookieTokenStore());
    await act(() => before.session().login(right));
    expect(before.session().status).toBe('signedIn');
    await waitFor(() => expect(before.list().sessions).toHaveLength(1));
    expect(JSON.stringify(localStorage)).not.toContain('eyJ');
    cleanup();

    const { session } = openPage(cookieTokenStore());
    expect(session().status).toBe('loading');
    await waitFor(() => expect(session().status).toBe('signedIn'));
    await act(() => session().logout());
    expect(session().status).toBe('signedOut');
    expect(localStorage.length).toBe(0);
    expect(cookies).toEqual(new Map());
    expect(await server.manager.list('ada')).toEqual([]);
    expect(server.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test('a page with cookieTokenStore is signed out when its session has ended, or its cookie is gone', async () => {
    await using server = await startServer({ cookie: true });
    const { cookies, openPage } = server.openBrowser();
    const { session, trpc, tokens } = openPage(cookieTokenStore());
    await act(() => session().login(right));
    await server.manager.revokeAll('ada');
    await act(() => session().refetch());
    await waitFor(() => expect(session().status).toBe('signedOut'));

    await act(() => session().login(right));
    cookies.clear();
    await act(() => session().refetch());
    await waitFor(() => expect(session().status).toBe('signedOut'));

    await act(() => session().login(right));
    cookies.clear();
    await act(() => session().logout());
    expect(session().status).toBe('signedOut');

    await act(() => trpc.auth.login.mutate(right));
    expect(session().status).toBe('loading');
    cookies.clear();
    await act(() => trpc.me.query().catch(() => {}));
    expect(tokens.get()).toBeNull();
  });
});
