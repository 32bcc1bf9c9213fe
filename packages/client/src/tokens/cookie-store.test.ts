// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { cookieTokenStore } from './cookie-store.ts';
import { sessionConnectionParams, sessionHeaders } from '../links/headers.ts';
import { localStorageTokenStore } from './token-store.ts';

const opList = [] as const;

afterEach(() => localStorage.clear());

test('keeps that someone is signed in, also for a page that comes later, and not the token', () => {
  const tokens = cookieTokenStore();
  expect(tokens.get()).toBeNull();
  tokens.set('secret');
  expect(tokens.get()).not.toBeNull();
  expect(tokens.get()).not.toContain('secret');
  expect(cookieTokenStore().get()).toBe(tokens.get());
  expect(JSON.stringify(localStorage)).not.toContain('secret');
  tokens.set(null);
  expect(tokens.get()).toBeNull();
  expect(localStorage.length).toBe(0);
});

test('tells its listeners of each sign-in, for it may be another user, and of signing out', () => {
  const tokens = cookieTokenStore();
  const seen = new Set<string | null>();
  const listener = vi.fn(() => seen.add(tokens.get()));
  tokens.subscribe(listener);
  tokens.set('a');
  tokens.set('a');
  tokens.set(null);
  expect(listener).toHaveBeenCalledTimes(3);
  expect(seen.size).toBe(3);
});

test('follows another tab', () => {
  const tokens = cookieTokenStore();
  const listener = vi.fn();
  tokens.subscribe(listener);
  cookieTokenStore().set('a');
  window.dispatchEvent(new StorageEvent('storage', { key: 'trpc-sessions.token' }));
  expect(listener).toHaveBeenCalledOnce();
  expect(tokens.get()).not.toBeNull();
});

test('sends nothing: the browser sends the cookie', () => {
  const tokens = cookieTokenStore();
  tokens.set('secret');
  expect(sessionHeaders(tokens)({ opList })).toEqual({});
  expect(sessionConnectionParams(tokens)()).toEqual({});
});

test('sends a token that localStorageTokenStore has left, until the next sign-in replaces it', () => {
  localStorageTokenStore().set('former');
  const tokens = cookieTokenStore();
  expect(sessionHeaders(tokens)({ opList })).toEqual({ authorization: 'Bearer former' });
  tokens.set('secret');
  expect(sessionHeaders(tokens)({ opList })).toEqual({});
  expect(JSON.stringify(localStorage)).not.toContain('former');
});
