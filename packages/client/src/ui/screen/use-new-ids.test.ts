// @vitest-environment happy-dom
import { cleanup, renderHook } from '@testing-library/react';
import type { SessionInfo } from '@trpc-sessions/server';
import { createElement, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { throwingStorage } from '../../testing/storage.ts';
import { useNewIds } from './use-new-ids.ts';

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
});

const never = { name: null, version: null };
const device = { type: null, name: null, vendor: null, model: null, os: never, browser: never, app: never };
const rest = { device, name: null, ip: null, createdIp: null, location: null, userAgent: null };

/** Sessions that signed in at these times. The first is this device's. */
function signedInAt(...times: number[]): readonly SessionInfo[] {
  return times.map((time) => {
    const at = new Date(time);
    const state = { current: time === times[0], createdAt: at, lastSeenAt: at, expiresAt: at };
    return Object.assign(state, { id: `at ${time}` }, rest);
  });
}

/** Looks at the list once. */
function look(userId: string | null, sessions: readonly SessionInfo[]): string[] {
  const { result, unmount } = renderHook(() => useNewIds(userId, sessions), { wrapper: StrictMode });
  const ids = [...result.current];
  unmount();
  return ids;
}

test('a session that signed in since the last look is new', () => {
  expect(look('ada', signedInAt(10, 20))).toEqual([]);
  expect(look('ada', signedInAt(10, 20, 30, 40))).toEqual(['at 30', 'at 40']);
  expect(look('ada', signedInAt(10, 20, 30, 40))).toEqual([]);
});

test('a session stays new during the look, also when the list changes', () => {
  look('ada', signedInAt(10));
  const { result, rerender } = renderHook(({ sessions }) => useNewIds('ada', sessions), {
    wrapper: StrictMode,
    initialProps: { sessions: signedInAt(10, 20) },
  });
  rerender({ sessions: signedInAt(10, 20, 30) });
  expect([...result.current]).toEqual(['at 20', 'at 30']);
});

test('each user of a device has looks of their own', () => {
  look('ada', signedInAt(10));
  look('bob', signedInAt(50));
  expect(look('ada', signedInAt(10, 20))).toEqual(['at 20']);
  expect(look('bob', signedInAt(50, 60))).toEqual(['at 60']);
  expect(look(null, signedInAt(10, 20))).toEqual([]);
});

test('no session is new on a server, and on its page until it has hydrated', () => {
  look('ada', signedInAt(10));
  const Count = () => useNewIds('ada', signedInAt(10, 20)).size;
  expect(renderToString(createElement(Count))).toBe('0');
  expect(look('ada', signedInAt(10, 20))).toEqual(['at 20']);
});

test('this device is never new to itself', () => {
  look('ada', signedInAt(10));
  expect(look('ada', signedInAt(20, 10))).toEqual([]);
});

test('no session is new if the storage is blocked, full, or holds something else', () => {
  localStorage.setItem('trpc-sessions.looked.ada', 'something else');
  expect(look('ada', signedInAt(10, 20))).toEqual([]);
  vi.stubGlobal('localStorage', throwingStorage(new Set(['getItem', 'setItem'])));
  expect(look('ada', signedInAt(10, 20))).toEqual([]);
  expect(look('ada', signedInAt(10, 20, 30))).toEqual([]);
});
