// @vitest-environment happy-dom
import { keepPreviousData, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { SessionInfo } from '@trpc-sessions/server';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { startApp, type TestApp } from '../testing/app.tsx';
import { SessionProvider } from './provider.tsx';
import { useSession } from './use-session.ts';
import type { SessionRef } from './use-list.ts';
import { useSessions, type UseSessionsResult } from './use-sessions.ts';

afterEach(cleanup);

/** Renders the hook, and records each list with the token of that moment. */
function renderSessions({ Providers, tokens }: TestApp): { current: () => UseSessionsResult; shown: string[] } {
  const shown: string[] = [];
  const { result } = renderHook(
    () => {
      const state = useSessions();
      shown.push(`${tokens.get()}: ${idsOf(state)}`);
      return state;
    },
    { wrapper: Providers },
  );
  return { current: () => result.current, shown };
}

const idsOf = ({ sessions }: UseSessionsResult) => sessions.map(({ id }) => id).join(' ');

async function signedIn(app: TestApp): Promise<{ current: () => UseSessionsResult; shown: string[] }> {
  app.tokens.set(app.signIn('ada'));
  app.signIn('ada');
  app.signIn('ada');
  const rendered = renderSessions(app);
  await waitFor(() => expect(idsOf(rendered.current())).toBe('ada-1 ada-2 ada-3'));
  return rendered;
}

describe('useSessions', () => {
  test('is empty and not pending when signed out', async () => {
    await using app = await startApp();
    const { current } = renderSessions(app);
    expect(current()).toMatchObject({ sessions: [], isPending: false, error: null });
    await current().refetch();
    expect(app.calls()).toEqual([]);
  });

  test('is pending, then lists the sessions with dates, and marks the current one', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { current } = renderSessions(app);
    expect(current()).toMatchObject({ sessions: [], isPending: true });
    await waitFor(() => expect(current().isPending).toBe(false));
    expect(current().sessions).toMatchObject([{ id: 'ada-1', current: true, lastSeenAt: new Date(1_000) }]);
  });

  test('fetches again while the first answer is under way, which may be older', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { login, logout, sessions } = app.client;
    const held: (() => void)[] = [];
    let isHolding = true;
    const query: typeof sessions.list.query = async (...args) => {
      const answer = await sessions.list.query(...args);
      if (isHolding) await new Promise<void>((resolve) => held.push(resolve));
      return answer;
    };
    const { current, rename, revoke, revokeOthers } = sessions;
    const client = { login, logout, sessions: { list: { query }, current, rename, revoke, revokeOthers } };
    const { result } = renderHook(useSessions, {
      wrapper: ({ children }) => (
        <QueryClientProvider client={app.queryClient}>
          <SessionProvider client={client} tokens={app.tokens}>
            {children}
          </SessionProvider>
        </QueryClientProvider>
      ),
    });
    await waitFor(() => expect(held).toHaveLength(1));
    app.signIn('ada');
    isHolding = false;
    const refetched = result.current.refetch();
    held[0]?.();
    await act(() => refetched);
    await waitFor(() => expect(idsOf(result.current)).not.toBe(''));
    expect(idsOf(result.current)).toBe('ada-1 ada-2');
  });

  test('revokes a session, which leaves the list', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revoke('ada-2'));
    await waitFor(() => expect(idsOf(current())).toBe('ada-1 ada-3'));
    await act(() => current().refetch());
    expect(idsOf(current())).toBe('ada-1 ada-3');
    expect(app.tokens.get()).toBe('ada-1');
  });

  test('names a session, as the server has cleaned the name', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const nameOf = (id: string) => current().sessions.find((session) => session.id === id)?.name;
    expect(nameOf('ada-2')).toBeNull();
    await act(() => current().rename('ada-2', ' My laptop '));
    await waitFor(() => expect(nameOf('ada-2')).toBe('My laptop'));
    await act(() => current().rename(current().sessions[2]!, 'My phone'));
    await act(() => current().rename('ada-2', null));
    await act(() => current().refetch());
    expect(current().sessions.map(({ name }) => name)).toEqual([null, null, 'My phone']);
    expectTypeOf(current().rename).returns.resolves.toBeVoid();
  });

  test('rejects where a session to name is unknown, and leaves the list as it is', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => expect(current().rename('bob-1', 'Mine')).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } }));
    expect(current().sessions.map(({ name }) => name)).toEqual([null, null, null]);
  });

  test('revokes all other sessions', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revokeOthers());
    await waitFor(() => expect(idsOf(current())).toBe('ada-1'));
    expect(app.tokens.get()).toBe('ada-1');
  });

  test('signs out when it revokes the current session', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revoke({ id: 'ada-1' }));
    expect(app.tokens.get()).toBeNull();
    expect(current()).toMatchObject({ sessions: [], isPending: false });
  });

  test('signs out when it revokes the current session before the list has arrived', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { current } = renderSessions(app);
    await act(() => current().revoke('ada-1'));
    await waitFor(() => expect(app.tokens.get()).toBeNull());
  });

  test('rejects when a session could not be revoked, and keeps it on the list', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    app.trouble = 'broken connection';
    await expect(act(() => current().revoke('ada-2'))).rejects.toThrow('socket hang up');
    await expect(act(() => current().revokeOthers())).rejects.toThrow('socket hang up');
    expect(idsOf(current())).toBe('ada-1 ada-2 ada-3');
    expect(current().error).toBeNull();
  });

  test('says whether a revocation is in progress', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const answer = app.holdAnswers();
    const revoking = current().revoke('ada-2');
    await waitFor(() => expect(current().isRevoking).toBe(true));
    answer();
    await act(() => revoking);
    await waitFor(() => expect(current().isRevoking).toBe(false));
  });

  test('rejects at once while the browser is offline', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const { onlineManager } = await import('@tanstack/react-query');
    onlineManager.setOnline(false);
    app.trouble = 'broken connection';
    await expect(act(() => current().revoke('ada-2'))).rejects.toThrow('socket hang up');
    onlineManager.setOnline(true);
  });

  test('is refused once when the session has ended, and then is empty', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    app.signOut('ada-1');
    const before = app.calls().length;
    await act(() => current().refetch());
    expect(app.tokens.get()).toBeNull();
    expect(current()).toMatchObject({ sessions: [], isPending: false, error: null });
    expect(app.calls()).toHaveLength(before + 1);
  });

  test('never shows or caches the sessions of a former user', async () => {
    await using app = await startApp();
    // An app may set this default for its own lists.
    app.queryClient.setDefaultOptions({ queries: { placeholderData: keepPreviousData } });
    const { current, shown } = await signedIn(app);

    act(() => app.tokens.set(app.signIn('bob')));
    await waitFor(() => expect(idsOf(current())).toBe('bob-4'));
    act(() => app.tokens.set(null));
    act(() => app.tokens.set(app.signIn('eve')));
    await waitFor(() => expect(idsOf(current())).toBe('eve-5'));

    expect(new Set(shown)).toEqual(
      new Set(['ada-1: ', 'ada-1: ada-1 ada-2 ada-3', 'bob-4: ', 'bob-4: bob-4', 'null: ', 'eve-5: ', 'eve-5: eve-5']),
    );
    const kept = app.queryClient.getQueryCache().findAll({ queryKey: ['trpc-sessions'] });
    expect(JSON.stringify(kept.map(({ state }) => state.data))).not.toMatch(/ada|bob/);
  });

  test('does not show the sessions of a former user after a new provider has mounted', async () => {
    await using app = await startApp();
    await signedIn(app);
    cleanup();
    app.tokens.set(app.signIn('bob'));
    const { current, shown } = renderSessions(app);
    await waitFor(() => expect(idsOf(current())).toBe('bob-4'));
    expect(new Set(shown)).toEqual(new Set(['bob-4: ', 'bob-4: bob-4']));
  });

  test('returns functions that stay the same', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const { revoke, revokeOthers } = current();
    await act(() => revoke('ada-2'));
    expect(current().revoke).toBe(revoke);
    expect(current().revokeOthers).toBe(revokeOthers);
  });

  test('shares one request between components, and one batch with useSession', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { QueryProviders, use } = {
      QueryProviders: ({ children }: { children: React.ReactNode }) => (
        <QueryClientProvider client={app.queryClient}>
          <SessionProvider client={app.client} tokens={app.tokens}>
            {children}
          </SessionProvider>
        </QueryClientProvider>
      ),
      use: () => [useSession(), useSessions(), useSessions()] as const,
    };
    const { result } = renderHook(use, { wrapper: QueryProviders });
    await waitFor(() => expect(idsOf(result.current[2])).toBe('ada-1'));
    expect(app.calls()).toEqual(['auth.sessions.current,auth.sessions.list']);
  });

  test('throws an error that names the missing provider', () => {
    expect(() => renderHook(() => useSessions())).toThrow('SessionProvider');
  });

  test('has the type of sessions with dates', () => {
    expectTypeOf<UseSessionsResult['sessions']>().toEqualTypeOf<readonly SessionInfo[]>();
    expectTypeOf<UseSessionsResult['revoke']>().toEqualTypeOf<
      (sessions: SessionRef | readonly SessionRef[]) => Promise<void>
    >();
  });
});
