// @vitest-environment happy-dom
import { onlineManager, useMutation, useQuery } from '@tanstack/react-query';
import { act, cleanup, waitFor } from '@testing-library/react';
import type { TRPCClient } from '@trpc/client';
import type { TRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { right, startServer, type Router } from '../testing/plugin.tsx';
import { cookieTokenStore } from '../tokens/cookie-store.ts';
import { localStorageTokenStore } from '../tokens/local-storage.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import { userOf } from './user-change.ts';
import type { createSessionHooks } from './create-session-hooks.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const bob = { username: 'bob', password: 'right' };

/** Uses the app's own queries, and records the answers that were on the page while each user was signed in. */
function recordAnswers(): { seen: string[]; use: (trpc: TRPCOptionsProxy<Router>) => void } {
  const seen: string[] = [];
  return {
    seen,
    use(trpc) {
      const { data: me } = useQuery(trpc.me.queryOptions(undefined, { retry: false, staleTime: Infinity }));
      const { data: news } = useQuery(trpc.news.queryOptions(undefined, { staleTime: Infinity }));
      seen.push(`${me ?? '-'} ${news ?? '-'}`);
    },
  };
}

describe('when the user changes', () => {
  test.each([
    ['after signing out', true],
    ['without signing out', false],
  ])("the next user never sees an answer of the app's own queries for the former one, %s", async (_, signsOut) => {
    await using server = await startServer();
    const { seen, use } = recordAnswers();
    const { session } = server.openBrowser().openPage(memoryTokenStore(), { use });
    await act(() => session().login(right));
    await waitFor(() => expect(seen.at(-1)).toBe('ada news'));
    if (signsOut) await act(() => session().logout());

    const before = seen.length;
    await act(() => session().login(bob));
    await waitFor(() => expect(seen.at(-1)).toBe('bob news'));
    expect(seen.slice(before).filter((answers) => answers.startsWith('ada'))).toEqual([]);
  });

  test('an answer that is under way for the former user is dropped', async () => {
    await using server = await startServer();
    const { trpc, tokens, queryClient } = server.openBrowser().openPage(memoryTokenStore());
    await act(() => trpc.auth.login.mutate(right));
    const { promise, resolve } = Promise.withResolvers<string>();
    const answer = queryClient.fetchQuery({ queryKey: ['mine'], queryFn: () => promise }).catch(() => 'dropped');
    const { token } = await server.manager.issue({ userId: 'bob' });
    act(() => tokens.set(token));
    resolve('of ada');
    await answer;
    expect(queryClient.getQueryData(['mine'])).toBeUndefined();
  });

  test('a mutation that waits for the network is not sent as the next user', async () => {
    await using server = await startServer();
    const sent: string[] = [];
    const { session, tokens, used } = server.openBrowser().openPage(memoryTokenStore(), {
      use: () => useMutation({ mutationFn: async () => void sent.push(`as ${tokens.get()}`) }),
    });
    await act(() => session().login(right));
    onlineManager.setOnline(false);
    try {
      act(() => used()?.mutate());
      await waitFor(() => expect(used()?.isPaused).toBe(true));
      act(() => session().forget());
    } finally {
      act(() => onlineManager.setOnline(true));
    }
    await act(() => session().login(bob));
    expect(sent).toEqual([]);
  });

  test('a mutation that waits for its next attempt is not sent as the next user', async () => {
    await using server = await startServer();
    const sent: string[] = [];
    const attempt = Promise.withResolvers<void>();
    const { session, tokens, used } = server.openBrowser().openPage(memoryTokenStore(), {
      use: () =>
        useMutation({
          mutationFn: () => {
            sent.push(`as ${tokens.get()}`);
            return attempt.promise;
          },
          retry: 1,
          retryDelay: 1,
        }),
    });
    const { token } = await server.manager.issue({ userId: 'ada' });
    await act(async () => tokens.set(token));
    await act(async () => used()?.mutate());
    await act(() => session().login(bob));
    await act(async () => attempt.reject(new Error('away')));
    await waitFor(() => expect(used()?.isError).toBe(true));
    expect(sent).toEqual([`as ${token}`]);
  });

  test('a public query stays cached', async () => {
    await using server = await startServer();
    const { seen, use } = recordAnswers();
    const isPublic = ({ queryKey }: { queryKey: readonly unknown[] }) => JSON.stringify(queryKey).includes('news');
    const { session } = server.openBrowser().openPage(memoryTokenStore(), { use, isPublic });
    await act(() => session().login(right));
    await waitFor(() => expect(seen.at(-1)).toBe('ada news'));
    await act(() => session().login(bob));
    await waitFor(() => expect(seen.at(-1)).toBe('bob news'));
    expect(seen.slice(seen.indexOf('ada news')).filter((answers) => answers.endsWith('-'))).toEqual([]);
    expect(server.calls.filter((path) => path === 'news')).toHaveLength(1);
  });

  test('a new token of the same user blanks nothing, and the answers are fetched again', async () => {
    await using server = await startServer();
    const { seen, use } = recordAnswers();
    const { session, list, tokens, trpc, queryClient } = server.openBrowser().openPage(memoryTokenStore(), { use });
    const { id } = await act(() => session().login(right));
    await waitFor(() => expect(seen.at(-1)).toBe('ada news'));
    await waitFor(() => expect(list().sessions).toHaveLength(1));
    const before = { seen: seen.length, calls: server.calls.length, changes: userOf(queryClient, tokens).changes };
    const { token } = await trpc.reissue.mutate();
    act(() => tokens.set(token));
    expect(session()).toMatchObject({ status: 'signedIn', userId: 'ada' });
    expect(list()).toMatchObject({ sessions: [{ id }], isPending: false });
    // A revocation that is under way stays so.
    expect(userOf(queryClient, tokens).changes).toBe(before.changes);
    await waitFor(() => expect(server.calls.slice(before.calls)).toEqual(expect.arrayContaining(['me', 'news'])));
    expect(new Set(seen.slice(before.seen))).toEqual(new Set(['ada news']));
  });

  test('while no provider is mounted, the next page does not show the former answers', async () => {
    await using server = await startServer();
    const { seen, use } = recordAnswers();
    const browser = server.openBrowser();
    const tokens = memoryTokenStore();
    const { session, queryClient } = browser.openPage(tokens, { use });
    await act(() => session().login(right));
    await waitFor(() => expect(seen.at(-1)).toBe('ada news'));
    cleanup();
    tokens.set((await server.manager.issue({ userId: 'bob' })).token);
    const before = seen.length;
    browser.openPage(tokens, { use, queryClient });
    await waitFor(() => expect(seen.at(-1)).toBe('bob news'));
    expect(seen.slice(before).filter((answers) => answers.startsWith('ada'))).toEqual([]);
  });
});

describe("the app's own query of sessions.list", () => {
  const use = (trpc: TRPCOptionsProxy<Router>) => ({
    data: useQuery(trpc.auth.sessions.list.queryOptions()).data?.map(({ id }) => id),
    revoke: useMutation(trpc.auth.sessions.revoke.mutationOptions()).mutateAsync,
    rename: useMutation(trpc.auth.sessions.rename.mutationOptions()).mutateAsync,
  });

  test('agrees with useSessions, whichever of them revokes or fetches', async () => {
    await using server = await startServer();
    const { session, list, used, trpc, queryClient } = server.openBrowser().openPage(memoryTokenStore(), { use });
    const own = await act(() => session().login(right));
    const others = await Promise.all(['a', 'b', 'c'].map(() => server.manager.issue({ userId: 'ada' })));
    const [first, second, third] = others.map(({ session: { id } }) => id);
    const isListed = async (...ids: (string | undefined)[]) => {
      await waitFor(() => expect(new Set(list().sessions.map(({ id }) => id))).toEqual(new Set(ids)));
      await waitFor(() => expect(new Set(used()?.data)).toEqual(new Set(ids)));
    };
    await act(() => list().refetch());
    await isListed(own.id, first, second, third);

    await act(() => list().revoke(first ?? ''));
    await isListed(own.id, second, third);
    await act(async () => used()?.rename({ id: third ?? '', name: 'Mine' }));
    await waitFor(() => expect(list().sessions.find(({ id }) => id === third)?.name).toBe('Mine'));
    await act(async () => used()?.revoke({ id: second ?? '' }));
    await isListed(own.id, third);
    await server.manager.revoke({ userId: 'ada', id: third ?? '' });
    const queryKey = [['auth', 'sessions', 'list'], { type: 'query' }];
    await act(() => queryClient.fetchQuery({ queryKey, queryFn: () => trpc.auth.sessions.list.query() }));
    await isListed(own.id);
  });
});

describe('the reason why a user is signed out', () => {
  test('is signed_out, or that of the refusal, in all tabs and after a reload', async () => {
    await using server = await startServer();
    const { openPage } = server.openBrowser();
    const pages = [openPage(localStorageTokenStore()), openPage(localStorageTokenStore())];
    const otherTabs = () => window.dispatchEvent(new StorageEvent('storage', { key: 'trpc-sessions.token' }));
    const reasons = () => pages.map(({ session }) => session().reason);
    expect(reasons()).toEqual(['signed_out', 'signed_out']);

    await act(() => pages[0]?.session().login(right));
    act(() => void otherTabs());
    await waitFor(() => expect(pages.map(({ session }) => session().status)).toEqual(['signedIn', 'signedIn']));
    expect(reasons()).toEqual([null, null]);

    await server.manager.revokeAll('ada');
    await act(() => pages[0]?.session().refetch());
    act(() => void otherTabs());
    await waitFor(() => expect(reasons()).toEqual(['revoked_session', 'revoked_session']));
    cleanup();
    expect(openPage(localStorageTokenStore()).session()).toMatchObject({
      status: 'signedOut',
      reason: 'revoked_session',
    });

    const { session } = openPage(localStorageTokenStore());
    await act(() => session().login(right));
    await act(() => session().logout());
    expect(session().reason).toBe('signed_out');
    expect(localStorage.getItem('trpc-sessions.token')).toBeNull();
  });

  test("is also known with a store of the app's own, in its tab", async () => {
    await using server = await startServer();
    const { get, set, subscribe } = memoryTokenStore();
    const tokens = { get, set: (token: string | null) => set(token), subscribe };
    const { session } = server.openBrowser().openPage(tokens);
    await act(() => session().login(right));
    await server.manager.revokeAll('ada');
    await act(() => session().refetch());
    expect(session().reason).toBe('revoked_session');
    await act(() => session().login(right));
    await act(() => session().logout());
    expect(session().reason).toBe('signed_out');
  });
});

describe('the user', () => {
  test('is known with the claims when signed in, after login and after a reload', async () => {
    await using server = await startServer();
    const { openPage } = server.openBrowser();
    const { session } = openPage(localStorageTokenStore());
    expect(session()).toMatchObject({ userId: null, claims: null });
    await act(() => session().login(right));
    const ada = { userId: 'ada', claims: { name: 'ADA' } };
    expect(session()).toMatchObject(ada);
    expect(session().session).not.toHaveProperty('userId');
    cleanup();
    const { session: reloaded } = openPage(localStorageTokenStore());
    await waitFor(() => expect(reloaded()).toMatchObject(ada));
  });

  test.each([
    ['a token', () => localStorageTokenStore(), false],
    ['a cookie', () => cookieTokenStore(), true],
  ])(
    'has the new claims after %s is reissued, and the former one is refused after its grace',
    async (_, store, cookie) => {
      await using server = await startServer({ cookie });
      const { openPage } = server.openBrowser();
      const page = openPage(store());
      await act(() => page.session().login(right));
      const { id } = page.session().session ?? {};
      const former = page.tokens.get();
      await act(() => page.trpc.reissue.mutate());
      await waitFor(() => expect(page.session()).toMatchObject({ session: { id }, claims: { name: 'ADA II' } }));
      server.pass(31_000);
      await act(() => page.session().refetch());
      expect(page.session()).toMatchObject({ status: 'signedIn', claims: { name: 'ADA II' } });
      if (!cookie)
        await expect(server.manager.verify(String(former))).rejects.toMatchObject({ reason: 'revoked_session' });
    },
  );

  test('and the credentials are typed once for the app', () => {
    type Client = TRPCClient<Router>['auth'];
    type Hooks = ReturnType<typeof createSessionHooks<Client>>;
    type SignedIn = Extract<ReturnType<Hooks['useSession']>, { status: 'signedIn' }>;
    expectTypeOf<SignedIn['claims']>().toEqualTypeOf<{ name: string }>();
    expectTypeOf<SignedIn['userId']>().toEqualTypeOf<string>();
    expectTypeOf<ReturnType<Hooks['useSession']>['login']>().parameter(0).toHaveProperty('username');
    expectTypeOf<Hooks['SessionProvider']>().parameter(0).toHaveProperty('client').toExtend<Client>();
  });
});
