// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inAnotherTab, throwingStorage } from '../testing/storage.ts';
import { localStorageTokenStore, type TokenStorage } from './local-storage.ts';

const key = 'trpc-sessions.token';

// Tests of other files may leave entries.
beforeEach(() => localStorage.clear());

afterEach(() => {
  vi.restoreAllMocks();
});

test('the token is stored under the key, and signing out removes the entry', () => {
  const tokens = localStorageTokenStore();
  tokens.set('a');
  expect(localStorage.getItem(key)).toBe('a');
  expect(localStorageTokenStore().get()).toBe('a');
  tokens.set(null);
  expect(localStorage.length).toBe(0);
});

test('stores with different keys are separate', () => {
  localStorageTokenStore({ key: 'app' }).set('a');
  expect(localStorageTokenStore().get()).toBeNull();
  expect(localStorage.getItem('app')).toBe('a');
});

test('a store follows another tab that signs in, signs out, or clears the storage', () => {
  const tokens = localStorageTokenStore();
  const seen: (string | null)[] = [];
  tokens.subscribe(() => seen.push(tokens.get()));
  inAnotherTab((storage) => storage.setItem(key, 'a'));
  inAnotherTab((storage) => storage.removeItem(key));
  inAnotherTab((storage) => storage.setItem(key, 'b'));
  inAnotherTab((storage) => storage.clear(), null);
  expect(seen).toEqual(['a', null, 'b', null]);
});

test("a store reads another tab's token before the event arrives, and calls its listeners once", () => {
  const tokens = localStorageTokenStore();
  const listener = vi.fn();
  tokens.subscribe(listener);
  localStorage.setItem(key, 'a');
  expect(tokens.get()).toBe('a');
  tokens.set('a');
  inAnotherTab(() => {});
  expect(listener).toHaveBeenCalledOnce();
});

test('a change of another entry, or a clear that changes nothing, calls no listener', () => {
  const tokens = localStorageTokenStore();
  const listener = vi.fn();
  tokens.subscribe(listener);
  inAnotherTab((storage) => storage.setItem('other', 'x'), 'other');
  inAnotherTab((storage) => storage.clear(), null);
  expect(listener).not.toHaveBeenCalled();
});

test('a page that returns from the back/forward cache reads the storage again', () => {
  const tokens = localStorageTokenStore();
  tokens.set('a');
  const listener = vi.fn();
  tokens.subscribe(listener);
  localStorage.removeItem(key);
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(listener).toHaveBeenCalledOnce();
  expect(tokens.get()).toBeNull();
});

test('a page that returns from the back/forward cache keeps a token that is in memory only', () => {
  const tokens = localStorageTokenStore({ storage: throwingStorage(new Set(['getItem', 'setItem'])) });
  tokens.subscribe(() => {});
  tokens.set('a');
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(tokens.get()).toBe('a');
});

test('a store listens to the window while it has subscribers', () => {
  const added = vi.spyOn(window, 'addEventListener');
  const removed = vi.spyOn(window, 'removeEventListener');
  const tokens = localStorageTokenStore();
  tokens.set('a');
  expect(added).not.toHaveBeenCalled();

  const [first, last] = [tokens.subscribe(() => {}), tokens.subscribe(() => {})];
  expect(added.mock.calls.map(([type]) => type)).toEqual(['storage', 'pageshow']);
  first();
  expect(removed).not.toHaveBeenCalled();
  last();
  expect(removed.mock.calls).toEqual(added.mock.calls);

  tokens.subscribe(() => {})();
  expect(added).toHaveBeenCalledTimes(4);
});

test('a store returns to its storage when the storage accepts tokens again', () => {
  const full = new Set<keyof TokenStorage>(['setItem']);
  const storage = throwingStorage(full);
  const tokens = localStorageTokenStore({ storage });
  tokens.set('a');
  expect(tokens.get()).toBe('a');
  expect(storage.getItem(key)).toBeNull();
  full.clear();
  tokens.set('b');
  expect(storage.getItem(key)).toBe('b');
  expect(tokens.get()).toBe('b');
});

test('a full storage does not keep the former token, which a reload would sign in with', () => {
  const entries = new Map([[key, 'former']]);
  const tokens = localStorageTokenStore({ storage: throwingStorage(new Set(['setItem']), entries) });
  tokens.set('a');
  expect(tokens.get()).toBe('a');
  expect(entries.size).toBe(0);
});

test("another tab's token replaces a token that this tab could not store", () => {
  const entries = new Map<string, string>();
  const tokens = localStorageTokenStore({ storage: throwingStorage(new Set(['setItem']), entries) });
  tokens.subscribe(() => {});
  tokens.set('a');
  expect(tokens.get()).toBe('a');
  inAnotherTab(() => entries.set(key, 'b'));
  expect(tokens.get()).toBe('b');
});
