import { describe, expect, test } from 'vitest';
import type { SessionRow } from '../session/session.ts';
import { createRow } from '../store/columns.ts';
import { memoryCache } from './memory-cache.ts';
import { createSessionCache, type RowHolder } from './session-cache.ts';

const device = JSON.stringify({ name: null, os: {}, browser: {}, app: {} });

function rowOf(id: string, userId = 'u1'): SessionRow {
  return createRow({ id, user_id: userId, created_at: 0, last_seen_at: 0, expires_at: 1e12, device });
}

/** The verified tokens that hold the rows, as they are found by their user. */
function createHolders() {
  const holders = new Map<string, RowHolder>();
  return {
    of(id: string, userId = 'u1'): RowHolder {
      const holder = holders.get(id) ?? { id, userId, cached: undefined };
      holders.set(id, holder);
      return holder;
    },
    ofUser: (userId: string) => [...holders.values()].filter((holder) => holder.userId === userId),
  };
}

function createWorld({ guarded = false } = {}) {
  let now = 1_000_000;
  let version = 1;
  const guard = { version: () => version };
  const holders = createHolders();
  const options = memoryCache({ max: 10, maxAge: '1m', ...(guarded && { guard }) });
  const sessions = createSessionCache(options, () => now, holders.ofUser);
  if (!guarded) sessions.enable();
  const cache = {
    ...sessions,
    get: (id: string) => sessions.get(holders.of(id), now),
    load: (id: string, userId: string, read: () => Promise<SessionRow | undefined>) =>
      sessions.load(holders.of(id, userId), read),
  };
  return { cache, advance: (milliseconds: number) => void (now += milliseconds), write: () => void (version += 1) };
}

type TestedCache = ReturnType<typeof createWorld>['cache'];

const load = (cache: TestedCache, id: string, userId = 'u1') =>
  cache.load(id, userId, () => Promise.resolve(rowOf(id, userId)));

/** A read that is still running: the database answers when `found` is called. */
function loadSlowly(cache: TestedCache, id: string, userId = 'u1') {
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
  expect(cache.get('a')).toMatchObject(rowOf('a'));
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

  test.each<[string, (cache: TestedCache) => void]>([
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
  expect(cache.get('a')).toMatchObject({ last_seen_at: 7, ip: '203.0.113.7' });
  advance(1);
  expect(cache.get('a')).toBeUndefined();
  cache.updateRow(rowOf('unknown'));
  expect(cache.get('unknown')).toBeUndefined();
});

test('a last-seen write of an older row leaves a newer name and generation in the cache', async () => {
  const { cache } = createWorld();
  const newer = { ...rowOf('a'), name: 'New', generation: 2 };
  await cache.load('a', 'u1', () => Promise.resolve(newer));
  cache.updateRow({ ...rowOf('a'), last_seen_at: 7 });
  expect(cache.get('a')).toMatchObject({ name: 'New', generation: 2, last_seen_at: 7 });
});

test('a row of another user is returned, and not cached', async () => {
  const { cache } = createWorld();
  const row = rowOf('a', 'u2');
  expect(await cache.load('a', 'u1', () => Promise.resolve(row))).toBe(row);
  expect(cache.get('a')).toBeUndefined();
});

test('a last-seen write that comes after the cache was emptied brings no session back', async () => {
  const { cache } = createWorld();
  await load(cache, 'a');
  cache.clear();
  cache.updateRow(rowOf('a'));
  expect(cache.get('a')).toBeUndefined();
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
    const both = [createHolders(), createHolders()].map(({ of, ofUser }) => ({
      cache: createSessionCache(shared, () => 0, ofUser),
      holder: of('a'),
    }));
    for (const { cache, holder } of both) await cache.load(holder, () => Promise.resolve(rowOf('a')));
    version += 1;
    expect(both.map(({ cache, holder }) => cache.get(holder, 0))).toEqual([undefined, undefined]);
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
