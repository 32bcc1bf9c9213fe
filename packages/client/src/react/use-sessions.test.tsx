// @vitest-environment happy-dom
import { keepPreviousData, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { SessionInfo } from '@trpc-sessions/server';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { startApp, type TestApp } from '../testing/app.tsx';
import { SessionProvider } from './provider.tsx';
import { useSession } from './use-session.ts';
import { useSessions, type UseSessionsResult } from './use-sessions.ts';

afterEach(cleanup);

/** Renders the hook, and keeps every list it has shown, with the token that was held then. */
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
  test('has none and waits for none where nobody is signed in', async () => {
    await using app = await startApp();
    const { current } = renderSessions(app);
    expect(current()).toMatchObject({ sessions: [], isPending: false, error: null });
    await current().refetch();
    expect(app.calls()).toEqual([]);
  });

  test('is pending, then lists them, with dates and the current one marked', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { current } = renderSessions(app);
    expect(current()).toMatchObject({ sessions: [], isPending: true });
    await waitFor(() => expect(current().isPending).toBe(false));
    expect(current().sessions).toMatchObject([{ id: 'ada-1', current: true, lastSeenAt: new Date(1_000) }]);
  });

  test('ends a session, and takes it off the list', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revoke('ada-2'));
    await waitFor(() => expect(idsOf(current())).toBe('ada-1 ada-3'));
    await act(() => current().refetch());
    expect(idsOf(current())).toBe('ada-1 ada-3');
    expect(app.tokens.get()).toBe('ada-1');
  });

  test('ends all others', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revokeOthers());
    await waitFor(() => expect(idsOf(current())).toBe('ada-1'));
    expect(app.tokens.get()).toBe('ada-1');
  });

  test('signs out where it ends the current one', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    await act(() => current().revoke({ id: 'ada-1' }));
    expect(app.tokens.get()).toBeNull();
    expect(current()).toMatchObject({ sessions: [], isPending: false });
  });

  test('signs out as well where the list was not there yet to tell that it was the current one', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { current } = renderSessions(app);
    await act(() => current().revoke('ada-1'));
    await waitFor(() => expect(app.tokens.get()).toBeNull());
  });

  test('keeps on the list what it could not end, and rejects', async () => {
    await using app = await startApp();
    const { current, shown } = await signedIn(app);
    app.trouble = 'dead network';
    await expect(act(() => current().revoke('ada-2'))).rejects.toThrow('socket hang up');
    await expect(act(() => current().revokeOthers())).rejects.toThrow('socket hang up');
    expect(new Set(shown.slice(shown.indexOf('ada-1: ada-1 ada-2 ada-3')))).toEqual(
      new Set(['ada-1: ada-1 ada-2 ada-3']),
    );
  });

  test('says while something is being ended', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const answer = app.holdAnswers();
    const ending = current().revoke('ada-2');
    await waitFor(() => expect(current().isRevoking).toBe(true));
    answer();
    await act(() => ending);
    await waitFor(() => expect(current().isRevoking).toBe(false));
  });

  test('rejects at once when the browser knows that it is offline', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const { onlineManager } = await import('@tanstack/react-query');
    onlineManager.setOnline(false);
    app.trouble = 'dead network';
    await expect(act(() => current().revoke('ada-2'))).rejects.toThrow('socket hang up');
    onlineManager.setOnline(true);
  });

  test('is refused once where the session has ended, and shows nothing more', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    app.signOut('ada-1');
    const before = app.calls().length;
    await act(() => current().refetch());
    expect(app.tokens.get()).toBeNull();
    expect(current()).toMatchObject({ sessions: [], isPending: false, error: null });
    expect(app.calls()).toHaveLength(before + 1);
  });

  test('shows nothing of the session before, not for one render, and keeps nothing of it', async () => {
    await using app = await startApp();
    // As an app might have it for its own lists.
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

  test('shows nothing of the session before to a provider that comes later', async () => {
    await using app = await startApp();
    await signedIn(app);
    cleanup();
    app.tokens.set(app.signIn('bob'));
    const { current, shown } = renderSessions(app);
    await waitFor(() => expect(idsOf(current())).toBe('bob-4'));
    expect(new Set(shown)).toEqual(new Set(['bob-4: ', 'bob-4: bob-4']));
  });

  test('gives functions that stay the same', async () => {
    await using app = await startApp();
    const { current } = await signedIn(app);
    const { revoke, revokeOthers } = current();
    await act(() => revoke('ada-2'));
    expect(current().revoke).toBe(revoke);
    expect(current().revokeOthers).toBe(revokeOthers);
  });

  test('shares its one request between components, and with useSession its one batch', async () => {
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

  test('says which provider is missing', () => {
    expect(() => renderHook(() => useSessions())).toThrow('SessionProvider');
  });

  test('is typed as sessions with dates', () => {
    expectTypeOf<UseSessionsResult['sessions']>().toEqualTypeOf<readonly SessionInfo[]>();
    expectTypeOf<UseSessionsResult['revoke']>().toEqualTypeOf<
      (session: string | { readonly id: string }) => Promise<void>
    >();
  });
});
