import { describe, expect, test } from 'vitest';
import type { SessionRow } from '../session/session.ts';
import { createRow } from '../store/columns.ts';
import { memoryCache } from './memory-cache.ts';
import { createSessionCache, type SessionCache } from './session-cache.ts';

const device = JSON.stringify({ name: null, os: {}, browser: {}, app: {} });

function rowOf(id: string, userId = 'u1'): SessionRow {
  return createRow({ id, user_id: userId, created_at: 0, last_seen_at: 0, expires_at: 1e12, device });
}

function createWorld({ max = 10, guarded = false } = {}) {
  let now = 1_000_000;
  let version = 1;
  const guard = { version: () => version };
  const sessions = createSessionCache(memoryCache({ max, maxAge: '1m', ...(guarded && { guard }) }), () => now);
  if (!guarded) sessions.enable();
  const cache = { ...sessions, get: (id: string) => sessions.get(id, now) };
  return { cache, advance: (milliseconds: number) => void (now += milliseconds), write: () => void (version += 1) };
}

const load = (cache: SessionCache, id: string, userId = 'u1') =>
  cache.load(id, userId, () => Promise.resolve(rowOf(id, userId)));

/** A read that is still running: the database answers when `found` is called. */
function loadSlowly(cache: SessionCache, id: string, userId = 'u1') {
  const { promise, resolve } = Promise.withResolvers<SessionRow | undefined>();
  const loaded = cache.load(id, userId, () => promise);
  return {
    async found() {
      resolve(rowOf(id, userId));
      return loaded;
    },
  };
}

test('a session that was read is cached, and one that does not exist is not', async () => {
  const { cache } = createWorld();
  await load(cache, 'a');
  expect(await cache.load('b', 'u1', () => Promise.resolve(undefined))).toBeUndefined();
  expect(cache.get('a')?.session).toMatchObject({ id: 'a', userId: 'u1' });
  expect(cache.get('b')).toBeUndefined();
});

test('a read that fails caches nothing', async () => {
  const { cache } = createWorld();
  await expect(cache.load('a', 'u1', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(cache.get('a')).toBeUndefined();
});

describe('invalidating', () => {
  test.each([
    ['one drops it', { userId: 'u1', ids: ['a'] }, ['b', 'c', 'x']],
    ['all but one drops the others', { userId: 'u1', exceptId: 'b' }, ['b', 'x']],
    ['all of a user drops no other user’s', { userId: 'u1' }, ['x']],
    ['another user’s id drops nothing', { userId: 'u2', ids: ['a'] }, ['a', 'b', 'c', 'x']],
    ['an unknown user’s drops nothing', { userId: 'unknown' }, ['a', 'b', 'c', 'x']],
  ])('%s', async (_, ended, left) => {
    const { cache } = createWorld();
    for (const id of ['a', 'b', 'c']) await load(cache, id);
    await load(cache, 'x', 'u2');
    cache.invalidate(ended);
    expect(['a', 'b', 'c', 'x'].filter((id) => cache.get(id) !== undefined)).toEqual(left);
  });

  test.each<[string, (cache: SessionCache) => void]>([
    ['is revoked by its id', (cache) => cache.invalidate({ userId: 'u1', ids: ['a'] })],
    ['is revoked with all others', (cache) => cache.invalidate({ userId: 'u1', exceptId: 'b' })],
    ['is revoked with all of its user', (cache) => cache.invalidate({ userId: 'u1' })],
    ['may have been revoked while the bus was disconnected', (cache) => cache.disable()],
    [
      'may have been revoked while the bus was disconnected, though it is connected again',
      (cache) => (cache.disable(), cache.enable()),
    ],
    ['may have been revoked by a message of a newer version', (cache) => cache.clear()],
  ])('a session that, while it is read, %s, is not cached', async (_, end) => {
    const { cache } = createWorld();
    const read = loadSlowly(cache, 'a');
    end(cache);
    expect(await read.found()).toMatchObject({ user_id: 'u1' });
    expect(cache.get('a')).toBeUndefined();
  });

  test('caches a read that began afterwards', async () => {
    const { cache } = createWorld();
    const early = loadSlowly(cache, 'a');
    cache.invalidate({ userId: 'u1', ids: ['a'] });
    const late = loadSlowly(cache, 'a');
    await late.found();
    await early.found();
    expect(cache.get('a')).toBeDefined();
  });
});

test('a session that an open transaction revokes is not cached until the maximum age has passed, however often it is read', async () => {
  const { cache, advance } = createWorld();
  await load(cache, 'a');
  const read = loadSlowly(cache, 'b');
  cache.holdBack({ userId: 'u1', ids: ['a', 'b'] });
  await read.found();
  for (const id of ['a', 'b']) {
    expect(cache.get(id)).toBeUndefined();
    await load(cache, id);
    expect(cache.get(id)).toBeUndefined();
  }
  advance(60_000);
  await load(cache, 'a');
  expect(cache.get('a')).toBeDefined();
});

describe('without the bus', () => {
  test('nothing is cached, and nothing from before once it is connected again', async () => {
    const { cache } = createWorld();
    await load(cache, 'a');
    cache.disable();
    expect(cache.get('a')).toBeUndefined();
    await load(cache, 'a');
    expect(cache.get('a')).toBeUndefined();
    cache.enable();
    expect(cache.get('a')).toBeUndefined();
    await load(cache, 'a');
    expect(cache.get('a')).toBeDefined();
  });

  test('a read that began without it is not cached', async () => {
    const { cache } = createWorld();
    cache.disable();
    const read = loadSlowly(cache, 'a');
    cache.enable();
    await read.found();
    expect(cache.get('a')).toBeUndefined();
  });
});

test('a session is cached for the maximum age from when its read began, and not once the clock was set back', async () => {
  const { cache, advance } = createWorld();
  const read = loadSlowly(cache, 'a');
  advance(59_000);
  await read.found();
  advance(999);
  expect(cache.get('a')).toBeDefined();
  advance(1);
  expect(cache.get('a')).toBeUndefined();
  await load(cache, 'a');
  advance(-1);
  expect(cache.get('a')).toBeUndefined();
});

test('a last-seen write does not extend how long a session is cached', async () => {
  const { cache, advance } = createWorld();
  await load(cache, 'a');
  advance(59_999);
  cache.updateRow({ ...rowOf('a'), last_seen_at: 7, ip: '203.0.113.7' });
  expect(cache.get('a')?.session).toMatchObject({ lastSeenAt: new Date(7), ip: '203.0.113.7' });
  advance(1);
  expect(cache.get('a')).toBeUndefined();
  cache.updateRow(rowOf('unknown'));
  expect(cache.get('unknown')).toBeUndefined();
});

test('the least recently used session is dropped first, and its user can be invalidated afterwards', async () => {
  const { cache } = createWorld({ max: 2 });
  for (const id of ['a', 'b', 'c']) await load(cache, id);
  expect(['a', 'b', 'c'].filter((id) => cache.get(id) !== undefined)).toEqual(['b', 'c']);
  cache.invalidate({ userId: 'u1' });
  expect(cache.get('c')).toBeUndefined();
});

describe('under a guard', () => {
  test('any write empties the cache, and no bus is needed', async () => {
    const { cache, write } = createWorld({ guarded: true });
    await load(cache, 'a');
    expect(cache.get('a')).toBeDefined();
    write();
    expect(cache.get('a')).toBeUndefined();
  });

  test('a session is not cached when there was a write while it was read', async () => {
    const { cache, write } = createWorld({ guarded: true });
    const read = loadSlowly(cache, 'a');
    write();
    await read.found();
    expect(cache.get('a')).toBeUndefined();
  });

  test('caches that share it are all emptied by a write', async () => {
    let version = 1;
    const shared = memoryCache({ max: 10, guard: { version: () => version } });
    const both = [createSessionCache(shared, () => 0), createSessionCache(shared, () => 0)];
    for (const cache of both) await load(cache, 'a');
    version += 1;
    expect(both.map((cache) => cache.get('a', 0))).toEqual([undefined, undefined]);
  });

  test('a session has no maximum age', async () => {
    const { cache, advance } = createWorld({ guarded: true });
    await load(cache, 'a');
    advance(1e9);
    expect(cache.get('a')).toBeDefined();
  });
});

test.each([0, -1, 1.5, Number.NaN])('a maximum of %s is misuse', (max) => {
  expect(() => memoryCache({ max })).toThrow(/^cache: max: /);
});
