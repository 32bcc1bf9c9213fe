// @vitest-environment happy-dom
import { act, cleanup } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { sessionErrorReason } from './errors.ts';
import { right, startServer } from './testing/plugin.tsx';
import { throwingStorage } from './testing/storage.ts';
import { asyncTokenStore } from './tokens/async-storage.ts';
import { cookieTokenStore } from './tokens/cookie-store.ts';
import { localStorageTokenStore } from './tokens/local-storage.ts';
import { memoryTokenStore } from './tokens/memory.ts';
import type { TokenStore } from './tokens/token-store.ts';

// The mark of a device, from the real plugin through the links and the stores.

afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** A storage of React Native. */
function createAsyncStorage() {
  const entries = new Map<string, string>();
  return {
    getItem: async (key: string) => entries.get(key) ?? null,
    setItem: async (key: string, value: string) => void entries.set(key, value),
    removeItem: async (key: string) => void entries.delete(key),
  };
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** Others guess until the account waits. */
async function guess(server: Server): Promise<void> {
  const { trpc } = server.openBrowser().openPage(memoryTokenStore());
  const wrong = { ...right, password: 'wrong' };
  const reasons: unknown[] = [];
  for (let n = 0; n < 11; n += 1)
    reasons.push(sessionErrorReason(await trpc.auth.login.mutate(wrong).catch((error: unknown) => error)));
  expect(reasons.at(-1)).toBe('too_many_attempts');
}

const reasonOf = async (login: Promise<unknown>): Promise<unknown> =>
  login.then(
    () => 'signed in',
    (error: unknown) => sessionErrorReason(error),
  );

describe('the mark of a device that has signed in and out', () => {
  const storage = createAsyncStorage();

  test.each<[string, () => TokenStore]>([
    ['localStorage', () => localStorageTokenStore()],
    ['a storage that returns promises', () => asyncTokenStore(storage)],
  ])('is kept in %s, and sent with the next login', async (_, open) => {
    await using server = await startServer();
    const first = server.openBrowser().openPage(open());
    await first.trpc.auth.login.mutate(right);
    await first.trpc.auth.logout.mutate();
    cleanup();
    await guess(server);
    const next = server.openBrowser().openPage(open());
    expect(await reasonOf(next.trpc.auth.login.mutate(right))).toBe('signed in');
    const other = server.openBrowser().openPage(memoryTokenStore());
    expect(await reasonOf(other.trpc.auth.login.mutate(right))).toBe('too_many_attempts');
  });

  test('is kept by the login of useSession, too', async () => {
    await using server = await startServer();
    const { session } = server.openBrowser().openPage(memoryTokenStore());
    await act(() => session().login(right));
    await act(() => session().logout());
    await guess(server);
    await act(() => session().login(right));
    expect(session().status).toBe('signedIn');
  });

  test('is in its cookie alone, where the token is in a cookie', async () => {
    await using server = await startServer({ cookie: true });
    const { openPage } = server.openBrowser();
    const { trpc } = openPage(cookieTokenStore());
    await trpc.auth.login.mutate(right);
    await trpc.auth.logout.mutate();
    expect(JSON.stringify({ ...localStorage })).not.toContain('eyJ');
    await guess(server);
    expect(await reasonOf(trpc.auth.login.mutate(right))).toBe('signed in');
  });
});

test.each<[string, TokenStore['mark']]>([
  ['that has none', undefined],
  [
    'whose mark fails',
    {
      get: () => {
        throw new Error('of the app');
      },
      set: () => {
        throw new Error('of the app');
      },
    },
  ],
  [
    'whose mark rejects',
    { get: () => Promise.reject(new Error('of the app')), set: () => Promise.reject(new Error('of the app')) },
  ],
  ['that has kept something else', { get: () => 'no mark', set: () => {} }],
])('a store %s signs in all the same', async (_, mark) => {
  await using server = await startServer();
  const { trpc } = server.openBrowser().openPage({ ...memoryTokenStore(), mark });
  await trpc.auth.login.mutate(right);
  expect(await trpc.me.query()).toBe('ada');
});

test('a blocked storage keeps the mark in memory', () => {
  const { mark } = localStorageTokenStore({ storage: throwingStorage(new Set(['setItem'])) });
  mark?.set('a.b.c');
  expect(mark?.get()).toBe('a.b.c');
});

test('a mark without its two methods is refused by name', async () => {
  await using server = await startServer();
  const { openPage } = server.openBrowser();
  // @ts-expect-error -- as in plain JavaScript
  expect(() => openPage({ ...memoryTokenStore(), mark: { get: () => null } })).toThrow(/^tokens\.mark/);
});
