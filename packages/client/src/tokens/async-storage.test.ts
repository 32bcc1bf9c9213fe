import { createTRPCClient, httpLink } from '@trpc/client';
import superjson from 'superjson';
import { expect, test, vi } from 'vitest';
import { sessionErrorReason } from '../errors.ts';
import { sessionConnectionParams, sessionHeaders } from '../links/headers.ts';
import { sessionLink } from '../links/session-link.ts';
import { connect, errorOf, nested } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';
import { asyncTokenStore, type AsyncTokenStorage } from './async-storage.ts';
import { localStorageTokenStore } from './local-storage.ts';

const key = 'trpc-sessions.token';

/** A storage like React Native's. */
function asyncStorage(entries: Map<string, string>): AsyncTokenStorage {
  return {
    getItem: async (name) => entries.get(name) ?? null,
    setItem: async (name, value) => void entries.set(name, value),
    removeItem: async (name) => void entries.delete(name),
  };
}

/** A storage whose first read waits for `answer`. */
function slowStorage(): AsyncTokenStorage & { readonly answer: (token: string | null) => void } {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  return { ...asyncStorage(new Map()), getItem: () => promise, answer: resolve };
}

test('nothing is sent before the first read is done, and then the token is sent', async () => {
  await using server = await serve(nested);
  const storage = slowStorage();
  const trpc = connect(server, asyncTokenStore(storage));
  const calls = [trpc.app.me.query(), trpc.app.save.mutate()];
  const subscription = trpc.app.silent.subscribe(undefined, { onData: () => {} });
  // The server has answered a request that was sent later.
  await fetch(server.url);
  expect(server.requests).toHaveLength(1);

  storage.answer('a');
  expect(await Promise.all(calls)).toEqual(['a', 'a']);
  await expect.poll(() => server.requests).toHaveLength(4);
  expect(server.requests.slice(1).map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer a'));
  subscription.unsubscribe();
});

test('links of the app wait for the first read too, with sessionLink or without', async () => {
  await using server = await serve(nested);
  const storage = slowStorage();
  const tokens = asyncTokenStore(storage);
  const params = sessionConnectionParams(tokens)();
  const own = () => ({ authorization: `Bearer ${tokens.get()}` });
  const calls = [
    [httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) })],
    [sessionLink({ tokens }), httpLink({ url: server.url, transformer: superjson, headers: own })],
  ].map((links) => createTRPCClient<typeof nested>({ links }).app.me.query());
  storage.answer('a');
  expect(await Promise.all(calls)).toEqual(['a', 'a']);
  expect(await params).toEqual({ token: 'a' });
});

test('a call that is stopped during the first read is not sent', async () => {
  await using server = await serve(nested);
  const storage = slowStorage();
  const trpc = connect(server, asyncTokenStore(storage));
  trpc.app.silent.subscribe(undefined, { onData: () => {} }).unsubscribe();
  storage.answer('a');
  await trpc.app.me.query();
  expect(server.requests.map(({ url }) => url.split('?')[0])).toEqual(['/app.me']);
});

test('a token is stored, read by the next start, and dropped with the session', async () => {
  await using server = await serve(nested);
  const entries = new Map<string, string>();
  await connect(server, asyncTokenStore(asyncStorage(entries))).auth.login.mutate('a');
  await expect.poll(() => entries).toEqual(new Map([[key, 'a']]));

  const tokens = asyncTokenStore(asyncStorage(entries));
  expect(tokens.get()).toBeNull();
  await tokens.ready;
  expect(tokens.get()).toBe('a');
  await connect(server, tokens).auth.logout.mutate();
  expect(tokens.get()).toBeNull();
  await expect.poll(() => entries.size).toBe(0);
});

test('stores with different keys are separate', async () => {
  const entries = new Map([['app', 'a']]);
  const [own, other] = [asyncTokenStore(asyncStorage(entries), { key: 'app' }), asyncTokenStore(asyncStorage(entries))];
  await Promise.all([own.ready, other.ready]);
  expect([own.get(), other.get()]).toEqual(['a', null]);
});

test('listeners are called after the first read', async () => {
  const storage = slowStorage();
  const tokens = asyncTokenStore(storage);
  const listener = vi.fn();
  tokens.subscribe(listener);
  storage.answer('a');
  await tokens.ready;
  expect(listener).toHaveBeenCalledOnce();
});

test('a token that is set during the first read replaces the stored one', async () => {
  const storage = slowStorage();
  const tokens = asyncTokenStore(storage);
  tokens.set('new');
  storage.answer('old');
  await tokens.ready;
  expect(tokens.get()).toBe('new');
});

test('writes never overtake one another, and only the last of several is needed', async () => {
  const written: (string | null)[] = [];
  const pending: (() => void)[] = [];
  const write = (token: string | null) => {
    written.push(token);
    return new Promise<void>((resolve) => pending.push(resolve));
  };
  const tokens = asyncTokenStore({
    getItem: async () => null,
    setItem: async (_, token) => write(token),
    removeItem: async () => write(null),
  });
  for (const token of ['a', 'b', 'c', null, 'd']) tokens.set(token);
  expect(written).toEqual(['a']);
  pending.shift()?.();
  await expect.poll(() => written).toEqual(['a', 'd']);
  tokens.set(null);
  pending.shift()?.();
  await expect.poll(() => written).toEqual(['a', 'd', null]);
});

test('a write that fails removes the former token, and the new one stays in memory', async () => {
  const entries = new Map([[key, 'former']]);
  const tokens = asyncTokenStore({
    ...asyncStorage(entries),
    setItem: () => Promise.reject(new Error('full')),
  });
  await tokens.ready;
  tokens.set('a');
  await expect.poll(() => entries.size).toBe(0);
  expect(tokens.get()).toBe('a');
});

test.each<[string, () => Promise<string | null>]>([
  ['rejects', () => Promise.reject(new Error('locked'))],
  [
    'throws',
    () => {
      throw new Error('locked');
    },
  ],
  ['returns a text that is no token', async () => 'a\nb'],
])('a first read that %s means signed out', async (_, getItem) => {
  await using server = await serve(nested);
  const tokens = asyncTokenStore({ ...asyncStorage(new Map()), getItem });
  const trpc = connect(server, tokens);
  expect(sessionErrorReason(await errorOf(trpc.app.me.query()))).toBe('missing_token');
  await trpc.auth.login.mutate('a');
  expect(await trpc.app.me.query()).toBe('a');
});

test('calls of a custom store are sent even if its `ready` rejects', async () => {
  await using server = await serve(nested);
  const tokens = {
    get: () => 'a',
    set: () => {},
    subscribe: () => () => {},
    ready: Promise.reject(new Error('locked')),
  };
  expect(await connect(server, tokens).app.me.query()).toBe('a');
});

test('a wrong option is a TypeError that names it', () => {
  const storage = asyncStorage(new Map());
  expect(() => asyncTokenStore({} as never)).toThrow('storage: expected getItem, setItem, removeItem');
  expect(() => asyncTokenStore(storage, { key: 5 as never })).toThrow('key: expected a text');
  expect(() => asyncTokenStore(storage, { name: 'a' } as never)).toThrow('name: unknown option');
  const notReady = { ...asyncTokenStore(storage), ready: true };
  expect(() => sessionLink({ tokens: notReady })).toThrow(/^tokens\.ready: /);
});

test('a store or a storage that returns promises is refused, with a hint at asyncTokenStore', () => {
  const storage = asyncStorage(new Map());
  expect(() => localStorageTokenStore({ storage: storage as never })).toThrow(/^storage: .*asyncTokenStore/);
  const tokens = { get: () => storage.getItem(key), set: () => {}, subscribe: () => () => {} };
  expect(() => sessionLink({ tokens: tokens as never })).toThrow(/^tokens: .*asyncTokenStore/);
});
