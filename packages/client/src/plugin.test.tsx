// @vitest-environment happy-dom
import { act, cleanup, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { cookieTokenStore } from './tokens/cookie-store.ts';
import { sessionErrorReason } from './errors.ts';
import type { UseSessionsResult } from './react/use-sessions.ts';
import { right, startServer } from './testing/plugin.tsx';
import { localStorageTokenStore } from './tokens/local-storage.ts';
import { memoryTokenStore } from './tokens/memory.ts';

// The other tests of this package use a server that fails on demand. These use the real plugin.

const day = 86_400_000;

afterEach(() => {
  cleanup();
  localStorage.clear();
});

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
    expect([...cookies.keys()]).toEqual(['__Host-session-mark']);
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
    expect([...cookies.keys()]).toEqual(['__Host-session-mark']);
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
