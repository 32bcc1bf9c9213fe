// @vitest-environment happy-dom
import { useQuery } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import type { RevokeInput } from '@trpc-sessions/server';
import type { PropsWithChildren } from 'react';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { startApp, type TestApp } from '../testing/app.tsx';
import { listKey } from './queries.ts';
import type { AnySessionClient, ReceivedSessionInfo } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';
import type { UseSessionsOptions, UseSuspenseSessionsResult } from './use-list.ts';
import { useSessions } from './use-sessions.ts';

afterEach(cleanup);

interface Call {
  /** The ids, or the id with its new name. */
  readonly input: unknown;
  /** Sends the call to the server. */
  readonly send: () => Promise<void>;
  /** Gives the page the answer of the server. */
  readonly answer: () => Promise<void>;
  /** Lets the call fail, sent or not. */
  readonly fail: () => Promise<void>;
}

/** Delays calls until the test continues them. */
function delay<TInput, TOutput>(calls: Call[], mutate: (input: TInput) => Promise<TOutput>) {
  return (input: TInput): Promise<TOutput> => {
    const { promise, resolve, reject } = Promise.withResolvers<TOutput>();
    let sent: Promise<TOutput> | undefined;
    const send = () => (sent ??= mutate(input));
    const settle = (work: () => Promise<unknown>) => () => act(async () => void (await work()));
    calls.push({
      input,
      send: settle(send),
      answer: settle(() => send().then(resolve, reject)),
      fail: settle(async () => reject(new Error('lost'))),
    });
    return promise;
  };
}

/** Opens a page of a user with three sessions, whose calls wait for the test. */
async function openPage(app: TestApp, options?: UseSessionsOptions, usePage: () => void = () => {}) {
  app.tokens.set(app.signIn('ada'));
  app.signIn('ada');
  app.signIn('ada');
  const calls: Call[] = [];
  const { login, logout, sessions } = app.client;
  const client: AnySessionClient = {
    login,
    logout,
    sessions: {
      list: sessions.list,
      current: sessions.current,
      revoke: { mutate: delay(calls, (input: RevokeInput) => sessions.revoke.mutate(input)) },
      revokeOthers: { mutate: () => delay(calls, () => sessions.revokeOthers.mutate())('others') },
      rename: { mutate: delay(calls, sessions.rename.mutate) },
    },
  };
  const shown: string[] = [];
  const { Providers } = app;
  const { result } = renderHook(
    () => {
      const list = useSessions(options);
      const other = useSessions({ optimistic: false });
      shown.push(textOf(list));
      usePage();
      return { list, other };
    },
    { wrapper: ({ children }: PropsWithChildren) => <Providers client={client}>{children}</Providers> },
  );
  const list = () => result.current.list;
  await waitFor(() => expect(textOf(list())).toBe('ada-1 ada-2 ada-3'));
  return { calls, shown, list, other: () => result.current.other };
}

/** The ids of a list, with the names of those that have one. */
function textOf({ sessions }: { readonly sessions: readonly { id: string; name: string | null }[] }): string {
  return sessions.map(({ id, name }) => (name === null ? id : `${id}=${name}`)).join(' ');
}

/** Starts a call without waiting for its end. Returns its outcome. */
async function start(call: () => Promise<void>): Promise<{ outcome: Promise<string> }> {
  let outcome = Promise.resolve('');
  await act(async () => {
    outcome = call().then(
      () => 'done',
      (error: unknown) => String(error),
    );
  });
  return { outcome };
}

describe('a revocation', () => {
  test('shows at once, and its ids in all components', async () => {
    await using app = await startApp();
    const { calls, list, other } = await openPage(app);
    const { outcome } = await start(() => list().revoke('ada-2'));
    expect(textOf(list())).toBe('ada-1 ada-3');
    expect(textOf(other())).toBe('ada-1 ada-2 ada-3');
    for (const { revokingIds, isRevoking } of [list(), other()]) {
      expect([...revokingIds]).toEqual(['ada-2']);
      expect(isRevoking).toBe(true);
    }
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    for (const each of [list(), other()]) {
      expect(textOf(each)).toBe('ada-1 ada-3');
      expect(each).toMatchObject({ isRevoking: false, revokingIds: new Set() });
    }
    expectTypeOf(list().revokingIds).toEqualTypeOf<ReadonlySet<string>>();
  });

  test('that fails brings the session back to its place', async () => {
    await using app = await startApp();
    const { calls, shown, list } = await openPage(app);
    const { outcome } = await start(() => list().revoke('ada-2'));
    await calls[0]!.fail();
    expect(await outcome).toBe('Error: lost');
    expect(textOf(list())).toBe('ada-1 ada-2 ada-3');
    expect(list()).toMatchObject({ isRevoking: false, revokingIds: new Set() });
    expect(new Set(shown.filter((ids) => ids !== ''))).toEqual(new Set(['ada-1 ada-2 ada-3', 'ada-1 ada-3']));
  });

  test('whose answer is lost brings the session back until the list is fetched, without a request of its own', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    await start(() => list().revoke('ada-2'));
    await calls[0]!.send();
    const { length } = app.calls();
    await calls[0]!.fail();
    expect(textOf(list())).toBe('ada-1 ada-2 ada-3');
    expect(app.calls()).toHaveLength(length);
    // A component that mounts, a focused window or the network that is back fetch it.
    expect(app.queryClient.getQueryState(listKey(tokenVersionOf(app.tokens)))?.isInvalidated).toBe(true);
    const again = await start(() => list().revoke('ada-2'));
    await calls[1]!.answer();
    expect(await again.outcome).toBe('done');
    expect(textOf(list())).toBe('ada-1 ada-3');
  });

  test('that the app tries again shows until the last attempt has failed', async () => {
    await using app = await startApp();
    app.queryClient.setDefaultOptions({ mutations: { retry: 1, retryDelay: 1 } });
    const { calls, shown, list } = await openPage(app);
    const { outcome } = await start(() => list().revoke('ada-2'));
    const { length } = shown;
    await calls[0]!.fail();
    await waitFor(() => expect(calls).toHaveLength(2));
    expect(shown.slice(length)).not.toContain('ada-1 ada-2 ada-3');
    expect(textOf(list())).toBe('ada-1 ada-3');
    await calls[1]!.fail();
    expect(await outcome).toBe('Error: lost');
    expect(textOf(list())).toBe('ada-1 ada-2 ada-3');
  });

  test('of a session that has already ended succeeds', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    app.signOut('ada-2');
    const { outcome } = await start(() => list().revoke('ada-2'));
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    expect(textOf(list())).toBe('ada-1 ada-3');
  });

  test('of several sessions is one call, and succeeds if some have already ended', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    app.signOut('ada-2');
    const { outcome } = await start(() => list().revoke([list().sessions[1]!, 'ada-3', 'ada-3']));
    expect(textOf(list())).toBe('ada-1');
    expect(calls.map(({ input }) => input)).toEqual([{ ids: ['ada-2', 'ada-3'] }]);
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    expect(textOf(list())).toBe('ada-1');
    await act(() => list().revoke([]));
    expect(calls).toHaveLength(1);
  });

  test('of more than 100 sessions is several calls, and one that fails ends them', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    for (let count = 4; count <= 250; count += 1) app.signIn('ada');
    await act(() => list().refetch());
    await waitFor(() => expect(list().sessions).toHaveLength(250));
    const { outcome } = await start(() => list().revoke(list().sessions));
    expect(textOf(list())).toBe('');
    expect(list().revokingIds.size).toBe(250);
    expect(calls[0]!.input).toEqual({ ids: Array.from({ length: 100 }, (_, index) => `ada-${index + 2}`) });
    await calls[0]!.answer();
    await waitFor(() => expect(calls).toHaveLength(2));
    await calls[1]!.fail();
    expect(await outcome).toBe('Error: lost');
    await waitFor(() => expect(list().sessions).toHaveLength(150));
    expect(app.tokens.get()).toBe('ada-1');

    const again = await start(() => list().revoke(list().sessions));
    for (const [index, length] of [
      [2, 100],
      [3, 50],
    ] as const) {
      await waitFor(() => expect(calls).toHaveLength(index + 1));
      const { ids } = calls[index]!.input as { ids: string[] };
      expect(ids).toHaveLength(length);
      // The own session is the last.
      expect(ids.indexOf('ada-1')).toBe(length === 50 ? 49 : -1);
      await calls[index]!.answer();
    }
    expect(await again.outcome).toBe('done');
    expect(app.tokens.get()).toBeNull();
    expect(list()).toMatchObject({ sessions: [], isRevoking: false, revokingIds: new Set() });
  });

  test('of all others keeps this session, and those that sign in meanwhile', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    const { outcome } = await start(() => list().revokeOthers());
    expect(textOf(list())).toBe('ada-1');
    expect([...list().revokingIds]).toEqual(['ada-2', 'ada-3']);
    await calls[0]!.send();
    app.signIn('ada');
    await act(() => list().refetch());
    await waitFor(() => expect(textOf(list())).toBe('ada-1 ada-4'));
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    await waitFor(() => expect(textOf(list())).toBe('ada-1 ada-4'));
  });

  test('is in progress also before the list has arrived', async () => {
    await using app = await startApp();
    app.tokens.set(app.signIn('ada'));
    const answer = app.holdAnswers();
    const { result } = renderHook(() => useSessions(), { wrapper: app.Providers });
    const { outcome } = await start(() => result.current.revokeOthers());
    expect(result.current.isRevoking).toBe(true);
    answer();
    expect(await outcome).toBe('done');
    await waitFor(() => expect(result.current.isRevoking).toBe(false));
  });

  test('is dropped when the user changes', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    const { outcome } = await start(() => list().revoke(['ada-2', 'ada-3']));
    await act(async () => app.tokens.set(app.signIn('bob')));
    expect(list()).toMatchObject({ isRevoking: false, revokingIds: new Set() });
    await calls[0]!.fail();
    expect(await outcome).toBe('Error: lost');
    await waitFor(() => expect(textOf(list())).toBe('bob-4'));
    expect(list().isRevoking).toBe(false);
  });
});

describe('a change that the app’s retry sends again', () => {
  test.each([
    ['a revocation of all others', (list: UseSuspenseSessionsResult) => list.revokeOthers()],
    ['a revocation', (list: UseSuspenseSessionsResult) => list.revoke('ada-2')],
    ['a name', (list: UseSuspenseSessionsResult) => list.rename('ada-2', 'Mine')],
  ])('is not sent as the next user: %s', async (_name, change) => {
    await using app = await startApp();
    app.queryClient.setDefaultOptions({ mutations: { retry: 1, retryDelay: 1 } });
    const { calls, list } = await openPage(app);
    const { outcome } = await start(() => change(list()));
    await act(async () => app.tokens.set(app.signIn('bob')));
    await calls[0]!.fail();
    expect(await outcome).toContain('CancelledError');
    expect(calls).toHaveLength(1);
  });

  test('is sent with the new token of the same user', async () => {
    await using app = await startApp();
    app.queryClient.setDefaultOptions({ mutations: { retry: 1, retryDelay: 1 } });
    const tokenOf = (subject: string) => `a.${btoa(JSON.stringify({ sub: subject }))}.c`;
    app.tokens.set(tokenOf('ada'));
    const calls: Call[] = [];
    const revoke = { mutate: delay(calls, async () => ({ revoked: 1 })) };
    const client: AnySessionClient = { ...app.client, sessions: { ...app.client.sessions, revoke } };
    const { Providers } = app;
    const { result } = renderHook(() => useSessions(), {
      wrapper: ({ children }: PropsWithChildren) => <Providers client={client}>{children}</Providers>,
    });
    app.trouble = 'broken connection';
    const { outcome } = await start(() => result.current.revoke('other'));
    await act(async () => app.tokens.set(`${tokenOf('ada')}2`));
    await calls[0]!.fail();
    await waitFor(() => expect(calls).toHaveLength(2));
    await calls[1]!.answer();
    expect(await outcome).toBe('done');
  });
});

describe('without optimistic changes', () => {
  test('a session stays until the server has answered, and so does its name', async () => {
    await using app = await startApp();
    const { calls, shown, list } = await openPage(app, { optimistic: false });
    const { outcome } = await start(() => list().revoke('ada-2'));
    const renaming = await start(() => list().rename('ada-3', 'Mine'));
    expect(textOf(list())).toBe('ada-1 ada-2 ada-3');
    expect([...list().revokingIds]).toEqual(['ada-2']);
    await calls[1]!.fail();
    expect(await renaming.outcome).toBe('Error: lost');
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    await waitFor(() => expect(textOf(list())).toBe('ada-1 ada-3'));
    expect(shown.join()).not.toContain('Mine');
  });
});

describe('an answer or an event that arrives meanwhile', () => {
  test('neither brings back nor loses a session', async () => {
    await using app = await startApp();
    const { calls, shown, list } = await openPage(app);
    const queryKey = listKey(tokenVersionOf(app.tokens));
    const event = (update: (cached: readonly ReceivedSessionInfo[]) => readonly ReceivedSessionInfo[]) =>
      act(async () =>
        app.queryClient.setQueryData<readonly ReceivedSessionInfo[]>(queryKey, (cached) => update(cached ?? [])),
      );
    const before = app.queryClient.getQueryData<readonly ReceivedSessionInfo[]>(queryKey) ?? [];
    const first = await start(() => list().revoke('ada-2'));
    const second = await start(() => list().revoke('ada-3'));
    const { length } = shown;
    app.signIn('ada');
    await act(() => list().refetch());
    await waitFor(() => expect(textOf(list())).toBe('ada-1 ada-4'));
    await calls[1]!.fail();
    expect(await second.outcome).toBe('Error: lost');
    expect(textOf(list())).toBe('ada-1 ada-3 ada-4');
    await calls[0]!.answer();
    expect(await first.outcome).toBe('done');
    // Of a stream that lags behind the answer.
    await event((cached) => [before[1]!, ...cached]);
    expect(textOf(list())).toBe('ada-1 ada-3 ada-4');
    await act(() => list().refetch());
    expect(textOf(list())).toBe('ada-1 ada-3 ada-4');
    expect(shown.slice(length).filter((ids) => ids.includes('ada-2'))).toEqual([]);
  });
});

describe('a new name', () => {
  test('shows at once, and as the server has cleaned it', async () => {
    await using app = await startApp();
    const { calls, shown, list } = await openPage(app);
    const { outcome } = await start(() => list().rename('ada-2', ' Mine '));
    expect(textOf(list())).toBe('ada-1 ada-2=Mine ada-3');
    const { length } = shown;
    await act(() => list().refetch());
    expect(textOf(list())).toBe('ada-1 ada-2=Mine ada-3');
    await calls[0]!.answer();
    expect(await outcome).toBe('done');
    await act(() => list().refetch());
    expect(new Set(shown.slice(length))).toEqual(new Set(['ada-1 ada-2=Mine ada-3']));
    expect(list().isRevoking).toBe(false);
  });

  test('of two, the later shows, and the former comes back if the later fails', async () => {
    await using app = await startApp();
    const { calls, list } = await openPage(app);
    const first = await start(() => list().rename('ada-2', 'One'));
    const second = await start(() => list().rename('ada-2', 'Two'));
    await calls[0]!.answer();
    expect(await first.outcome).toBe('done');
    expect(textOf(list())).toBe('ada-1 ada-2=Two ada-3');
    await calls[1]!.fail();
    expect(await second.outcome).toBe('Error: lost');
    expect(textOf(list())).toBe('ada-1 ada-2=One ada-3');
    const third = await start(() => list().rename('ada-2', ''));
    expect(textOf(list())).toBe('ada-1 ada-2 ada-3');
    await calls[2]!.fail();
    expect(await third.outcome).toBe('Error: lost');
    expect(textOf(list())).toBe('ada-1 ada-2=One ada-3');
  });
});

describe("the app's own queries", () => {
  const keyOf = (procedure: string) => [['auth', 'sessions', procedure], { type: 'query' }];

  test('show a change while it is under way, and its end', async () => {
    await using app = await startApp();
    const { list: own, current } = app.client.sessions;
    const { signal } = new AbortController();
    const seen: string[] = [];
    const { calls, list } = await openPage(app, {}, () => {
      const { data = [] } = useQuery({ queryKey: keyOf('list'), queryFn: () => own.query(undefined, { signal }) });
      const { data: session } = useQuery({
        queryKey: keyOf('current'),
        queryFn: () => current.query(undefined, { signal }),
      });
      seen.push(`${textOf({ sessions: data })} (${session?.name ?? ''})`);
    });
    const shows = (text: string) => waitFor(() => expect(seen.at(-1)).toBe(text));
    await shows('ada-1 ada-2 ada-3 ()');
    const revoking = await start(() => list().revoke('ada-2'));
    const naming = await start(() => list().rename('ada-1', 'Mine'));
    await shows('ada-1=Mine ada-3 ()');
    // An answer to the app's own query, of before the change.
    const { length } = seen;
    await act(() => app.queryClient.invalidateQueries({ queryKey: keyOf('list') }));
    await shows('ada-1=Mine ada-3 ()');
    expect(textOf(list())).toBe('ada-1=Mine ada-3');

    await calls[0]!.fail();
    expect(await revoking.outcome).toBe('Error: lost');
    await shows('ada-1=Mine ada-2 ada-3 ()');
    await calls[1]!.answer();
    expect(await naming.outcome).toBe('done');
    await shows('ada-1=Mine ada-2 ada-3 (Mine)');
    expect(new Set(seen.slice(length).map((text) => text.split(' ')[0]))).toEqual(new Set(['ada-1=Mine']));
  });
});
