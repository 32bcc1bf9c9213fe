// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { sessionConnectionParams, sessionHeaders } from '../links/headers.ts';
import { inAnotherTab } from '../testing/storage.ts';
import { cookieTokenStore } from './cookie-store.ts';
import { localStorageTokenStore } from './local-storage.ts';

const opList = [] as const;

afterEach(() => localStorage.clear());

test('a cookie store keeps that a user is signed in, for later pages too, but never the token', () => {
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

test('a cookie store calls its listeners for each login, since the user may be another, and for each logout', () => {
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

test('a cookie store follows another tab', () => {
  const tokens = cookieTokenStore();
  const listener = vi.fn();
  tokens.subscribe(listener);
  inAnotherTab(() => cookieTokenStore().set('a'));
  expect(listener).toHaveBeenCalledOnce();
  expect(tokens.get()).not.toBeNull();
});

test('with a cookie store, no header or connection parameter is sent: the browser sends the cookie', () => {
  const tokens = cookieTokenStore();
  tokens.set('secret');
  expect(sessionHeaders(tokens)({ opList })).toEqual({});
  expect(sessionConnectionParams(tokens)()).toEqual({});
});

test('a cookie store sends a token that localStorageTokenStore has left, until the next login replaces it', () => {
  localStorageTokenStore().set('former');
  const tokens = cookieTokenStore();
  expect(sessionHeaders(tokens)({ opList })).toEqual({ authorization: 'Bearer former' });
  tokens.set('secret');
  expect(sessionHeaders(tokens)({ opList })).toEqual({});
  expect(JSON.stringify(localStorage)).not.toContain('former');
});
