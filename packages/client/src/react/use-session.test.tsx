// @vitest-environment happy-dom
import { onlineManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, render, renderHook, waitFor } from '@testing-library/react';
import type { TRPCClient } from '@trpc/client';
import type { TRPCBuiltRouter, TRPCDefaultErrorShape } from '@trpc/server';
import type { PasswordCredentials, SessionInfo, SessionsRouter } from '@trpc-sessions/server';
import { renderToString } from 'react-dom/server';
import { useEffect, type PropsWithChildren } from 'react';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { sessionErrorReason } from '../errors.ts';
import { startApp, type TestApp } from '../testing/app.tsx';
import { asyncTokenStore } from '../tokens/async-storage.ts';
import { localStorageTokenStore } from '../tokens/local-storage.ts';
import { SessionProvider } from './provider.tsx';
import type { AnySessionClient, PasswordLogin, SessionClient } from './session-client.ts';
import { useSessions } from './use-sessions.ts';
import { useSession, type SessionState, type UseSessionResult } from './use-session.ts';

const right = { username: 'ada', password: 'right' };

afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** Renders the hook, and records each of its states. */
function renderSession({ Providers }: TestApp): { current: () => UseSessionResult; states: string[] } {
  const states: string[] = [];
  const { result } = renderHook(
    () => {
      const state = useSession();
      states.push(`${state.status} ${state.session?.id ?? '-'}`);
      return state;
    },
    { wrapper: Providers },
  );
  return { current: () => result.current, states };
}

describe('useSession', () => {
  test('is signed out at once without a token, and sends no request', async () => {
    await using app = await startApp();
    const { states } = renderSession(app);
    expect(new Set(states)).toEqual(new Set(['signedOut -']));
    expect(app.calls()).toEqual([]);
  });

  test('is loading with a token, until its session has arrived', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const { current, states } = renderSession(app);
    expect(states[0]).toBe('loading -');
    await waitFor(() => expect(current().status).toBe('signedIn'));
    expect(current().session?.id).toBe('ada-1');
  });

  test('returns dates, even if the app has no transformer', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    const session = await act(() => current().login(right));
    expect(session.createdAt).toEqual(new Date(1_000));
    act(() => app.tokens.set(app.signIn('ada')));
    await waitFor(() => expect(current().session).toEqual({ ...session, id: 'ada-2' }));
  });

  test('signs in, resolves with the session, and signs out', async () => {
    await using app = await startApp();
    const { current, states } = renderSession(app);
    const session = await act(() => current().login(right));
    expect(current()).toMatchObject({ status: 'signedIn', session, error: null });
    expect(app.tokens.get()).toBe('ada-1');

    await act(() => current().logout());
    expect(current()).toMatchObject({ status: 'signedOut', session: null, error: null });
    expect(app.tokens.get()).toBeNull();

    // It was never `loading`, and did not fetch the session that login had returned.
    expect(new Set(states)).toEqual(new Set(['signedOut -', 'signedIn ada-1']));
    expect(app.calls()).toEqual(['auth.login', 'auth.logout']);
  });

  test('signs in, and is signed out by a refusal, with links of the app', async () => {
    await using app = await startApp({ ownLinks: true });
    const { current } = renderSession(app);
    await act(() => current().login(right));
    expect(app.tokens.get()).toBe('ada-1');
    expect(current().status).toBe('signedIn');

    app.signOut('ada-1');
    await act(() => current().refetch());
    expect(app.tokens.get()).toBeNull();
    expect(current().status).toBe('signedOut');
  });

  test('rejects when the server refuses the login, and stays signed out', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    const error = await act(() =>
      current()
        .login({ ...right, password: 'wrong' })
        .catch((reason: unknown) => reason),
    );
    expect(sessionErrorReason(error)).toBe('invalid_credentials');
    expect(current().status).toBe('signedOut');
  });

  test('gives signed_out as the reason, even if another call was refused before logout was answered', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await act(() => current().login(right));
    const answer = app.holdAnswers();
    const signedOut = current().logout();
    act(() => app.tokens.set(null, 'revoked_session'));
    expect(current().reason).toBe('revoked_session');
    answer();
    await act(() => signedOut);
    expect(current().reason).toBe('signed_out');
  });

  test('signs out without an error when the session has already ended', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await act(() => current().login(right));
    app.signOut('ada-1');
    await act(() => current().logout());
    expect(current().status).toBe('signedOut');
  });

  test('stays signed in when logout cannot reach the server, and `forget` then drops the token', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await act(() => current().login(right));
    app.trouble = 'broken connection';
    await expect(current().logout()).rejects.toThrow('socket hang up');
    expect(current().status).toBe('signedIn');

    act(() => current().forget());
    expect(current().status).toBe('signedOut');
  });

  test('calls logout on the server even without a token, because it may be in a cookie', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await act(() => current().logout());
    expect(app.calls()).toEqual(['auth.logout']);
    expect(current().status).toBe('signedOut');

    app.trouble = 'broken connection';
    await expect(current().logout()).rejects.toThrow('socket hang up');
  });

  test('refetches nothing when signed out', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await current().refetch();
    expect(app.calls()).toEqual([]);
  });

  test.each(['broken connection', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'] as const)(
    'is not signed out by %s',
    async (trouble) => {
      await using app = await startApp();
      app.tokens.set(app.signIn('ada'));
      app.trouble = trouble;
      const { current } = renderSession(app);
      await waitFor(() => expect(current().error).not.toBeNull());
      expect(current().status).toBe('loading');
      expect(app.tokens.get()).toBe('ada-1');

      app.trouble = null;
      await act(() => current().refetch());
      await waitFor(() => expect(current()).toMatchObject({ status: 'signedIn', error: null }));

      app.trouble = trouble;
      await act(() => current().refetch());
      await waitFor(() => expect(current().error).not.toBeNull());
      expect(current()).toMatchObject({ status: 'signedIn', session: { id: 'ada-1' } });
    },
  );

  test('is signed out by a refusal that ends the session, and does not retry', async () => {
    await using app = await startApp();
    app.tokens.set('ended');
    const { current } = renderSession(app);
    await waitFor(() => expect(current().status).toBe('signedOut'));
    expect(app.calls()).toEqual(['auth.sessions.current']);
  });

  test('does not retry after a refusal that does not end the session', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'fresh_session_required';
    const { current } = renderSession(app);
    await waitFor(() => expect(sessionErrorReason(current().error)).toBe('fresh_session_required'));
    expect(current().status).toBe('loading');
    expect(app.calls()).toEqual(['auth.sessions.current']);
  });

  test("retries a failure that is no refusal as often as the app's defaults say", async () => {
    await using app = await startApp();
    app.queryClient.setDefaultOptions({ queries: { retry: 1, retryDelay: 1 } });
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'SERVICE_UNAVAILABLE';
    const { current } = renderSession(app);
    await waitFor(() => expect(current().error).not.toBeNull());
    expect(app.calls()).toHaveLength(2);
  });

  test('follows another tab that signs in, signs in as another user, and signs out', async () => {
    await using app = await startApp({ tokens: localStorageTokenStore() });
    const { current, states } = renderSession(app);
    const inAnotherTab = (token: string | null) =>
      act(() => {
        if (token === null) localStorage.removeItem('trpc-sessions.token');
        else localStorage.setItem('trpc-sessions.token', token);
        window.dispatchEvent(new StorageEvent('storage', { key: 'trpc-sessions.token' }));
      });

    inAnotherTab(app.signIn('ada'));
    await waitFor(() => expect(current().session?.id).toBe('ada-1'));
    inAnotherTab(app.signIn('bob'));
    await waitFor(() => expect(current().session?.id).toBe('bob-2'));
    inAnotherTab(null);
    expect(current().status).toBe('signedOut');
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
      'signedOut -',
      'loading -',
      'signedIn ada-1',
      'loading -',
      'signedIn bob-2',
      'signedOut -',
    ]);
  });

  test('returns an error while the browser is offline, and refetches when it is online', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'broken connection';
    onlineManager.setOnline(false);
    try {
      const { current } = renderSession(app);
      await waitFor(() => expect(current()).toMatchObject({ status: 'loading', error: expect.any(Error) }));
      app.trouble = null;
      act(() => onlineManager.setOnline(true));
      await waitFor(() => expect(current()).toMatchObject({ status: 'signedIn', error: null }));
    } finally {
      onlineManager.setOnline(true);
    }
  });

  test("does not refetch when online again if the app's defaults turn that off", async () => {
    await using app = await startApp();
    app.queryClient.setDefaultOptions({ queries: { retry: 0, refetchOnReconnect: false } });
    app.tokens.set(app.signIn('ada'));
    app.trouble = 'broken connection';
    const { current } = renderSession(app);
    await waitFor(() => expect(current().error).not.toBeNull());
    act(() => onlineManager.setOnline(false));
    act(() => onlineManager.setOnline(true));
    expect(app.queryClient.isFetching()).toBe(0);
    expect(app.calls()).toHaveLength(1);
  });

  test.each([
    ['before the request', (signIn: () => void, refetch: () => Promise<void>) => (signIn(), refetch())],
    ['during the request', (signIn: () => void, refetch: () => Promise<void>) => [refetch(), signIn()][0]],
  ])("never shows an answer for another tab's new user under the former user's key: sign-in %s", async (_, race) => {
    await using app = await startApp({ tokens: localStorageTokenStore() });
    const answers = new Map<unknown, Set<unknown>>();
    app.queryClient.getQueryCache().subscribe(({ query }) => {
      const [, tokenVersion, name] = query.queryKey as unknown[];
      if (name !== 'current' || query.state.data === undefined) return;
      answers.set(tokenVersion, (answers.get(tokenVersion) ?? new Set()).add((query.state.data as SessionInfo).id));
    });
    const { current, states } = renderSession(app);
    await act(() => current().login(right));

    // The storage event comes later.
    const bob = app.signIn('bob');
    await act(() => race(() => localStorage.setItem('trpc-sessions.token', bob), current().refetch));
    await waitFor(() => expect(current().session?.id).toBe(bob));
    expect([...answers.values()]).toEqual([new Set(['ada-1']), new Set(['bob-2'])]);
    expect(states.slice(states.indexOf('signedIn ada-1'))).not.toContain('signedOut -');
    expect(new Set(states)).toEqual(new Set(['signedOut -', 'signedIn ada-1', 'loading -', 'signedIn bob-2']));
    expect(current().error).toBeNull();
  });

  test('returns functions that stay the same', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    const { login, logout, forget } = current();
    await act(() => current().login(right));
    expect(current().login).toBe(login);
    expect(current().logout).toBe(logout);
    expect(current().forget).toBe(forget);
  });

  test('puts neither the token nor the password into the query cache', async () => {
    await using app = await startApp();
    const { current } = renderSession(app);
    await act(() => current().login({ username: 'ada', password: 'right' }));
    const keys = app.queryClient
      .getQueryCache()
      .getAll()
      .map(({ queryKey }) => queryKey);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.every(([root]) => root === 'trpc-sessions')).toBe(true);
    expect(JSON.stringify(keys)).not.toContain('ada-1');
    expect(app.queryClient.getMutationCache().getAll()).toEqual([]);
  });

  test.each([
    ['signed out', 'signedOut', null],
    ['signed in', 'signedIn', 'ada'],
  ])('is loading on a server and until hydration, then %s', async (_, status, username) => {
    await using app = await startApp();
    const seen: string[] = [];
    const Status = () => {
      const session = useSession();
      const { isPending } = useSessions();
      useEffect(() => void seen.push(session.status), [session.status]);
      return `${session.status} ${isPending}`;
    };
    const page = (
      <app.Providers>
        <Status />
      </app.Providers>
    );
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = renderToString(page);
    expect(container.textContent).toBe('loading true');

    if (username !== null) app.tokens.set(app.signIn(username));
    render(page, { container, hydrate: true });
    await waitFor(() => expect(container.textContent).toBe(`${status} false`));
    // An effect for signed-out users, such as a redirect, never runs for a user who is signed in.
    expect(seen.filter((each, index) => each !== seen[index - 1])).toEqual(['loading', status]);
  });

  test.each([
    ['signedOut', null],
    ['signedIn', 'ada'],
  ])('is loading until an asynchronous store has read its token, then %s', async (status, username) => {
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const storage = { getItem: () => promise, setItem: async () => {}, removeItem: async () => {} };
    await using app = await startApp({ tokens: asyncTokenStore(storage) });
    const { current, states } = renderSession(app);
    expect(current().status).toBe('loading');
    resolve(username === null ? null : app.signIn(username));
    await waitFor(() => expect(current().status).toBe(status));
    expect(new Set(states.map((state) => state.split(' ')[0]))).toEqual(new Set(['loading', status]));
    expect(app.calls()).toHaveLength(username === null ? 0 : 1);
  });

  test('throws an error that names `tokens` if the provider has no token store', async () => {
    await using app = await startApp();
    const page = () =>
      render(
        <QueryClientProvider client={app.queryClient}>
          <SessionProvider client={app.client} tokens={undefined as never} />
        </QueryClientProvider>,
      );
    expect(page).toThrow(/^tokens: /);
  });

  test('throws an error that names the missing provider', () => {
    expect(() => renderHook(() => useSession())).toThrow('SessionProvider');
    const wrapper = ({ children }: PropsWithChildren) => (
      <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
    );
    expect(() => renderHook(() => useSession(), { wrapper })).toThrow('SessionProvider');
  });
});

describe('the types of useSession', () => {
  type ClientOf<TTransformer extends boolean, TCredentials> = TRPCClient<
    TRPCBuiltRouter<
      { ctx: object; meta: object; errorShape: TRPCDefaultErrorShape; transformer: TTransformer },
      { auth: SessionsRouter<TCredentials>['_def']['record'] }
    >
  >['auth'];

  test('accept any client of our router, with a transformer and without', () => {
    expectTypeOf<ClientOf<false, PasswordCredentials>>().toExtend<SessionClient>();
    expectTypeOf<ClientOf<true, PasswordCredentials>>().toExtend<SessionClient>();
    expectTypeOf<TRPCClient<SessionsRouter<PasswordCredentials>>>().toExtend<SessionClient>();
    expectTypeOf<ClientOf<true, { email: string }>>().toExtend<AnySessionClient>();
    expectTypeOf<ClientOf<true, { email: string }>>().not.toExtend<SessionClient>();
    expectTypeOf(SessionProvider).parameter(0).toHaveProperty('client').toEqualTypeOf<AnySessionClient>();
  });

  test("give `login` the default credentials, or those of the client's type", () => {
    type Client = ClientOf<true, { email: string }>;
    expectTypeOf<UseSessionResult['login']>().toEqualTypeOf<(input: PasswordLogin) => Promise<SessionInfo>>();
    expectTypeOf<UseSessionResult<Client>['login']>().parameter(0).toHaveProperty('email').toEqualTypeOf<string>();
    expectTypeOf<UseSessionResult<Client>['login']>().parameter(0).not.toHaveProperty('username');
  });

  test('give a session to the status `signedIn`', () => {
    const nameOf = ({ status, session }: UseSessionResult) => (status === 'signedIn' ? session.device.name : null);
    expectTypeOf(nameOf).returns.toEqualTypeOf<string | null>();
    expectTypeOf<Extract<SessionState, { status: 'signedIn' }>['session']>().toEqualTypeOf<SessionInfo>();
    expectTypeOf<UseSessionResult['status']>().toEqualTypeOf<'loading' | 'signedIn' | 'signedOut'>();
  });
});
