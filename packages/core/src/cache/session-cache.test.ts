import { describe, expect, test } from 'vitest';
import { createLiveSessions, memoryCache, type LiveSessions } from './session-cache.ts';
import type { SessionRow } from '../session/session.ts';

const device = JSON.stringify({ name: null, os: {}, browser: {}, app: {} });

function rowOf(userId: string): SessionRow {
  return {
    user_id: userId,
    created_at: 0,
    last_seen_at: 0,
    expires_at: 1e12,
    ip: null,
    created_ip: null,
    user_agent: null,
    device,
  };
}

function createWorld({ max = 10, guarded = false } = {}) {
  let now = 1_000_000;
  let version = 1;
  const guard = { version: () => version };
  const sessions = createLiveSessions(memoryCache({ max, maxAge: '1m', ...(guarded && { guard }) }), () => now);
  if (!guarded) sessions.trust();
  const live = { ...sessions, get: (id: string) => sessions.get(id, now) };
  return { live, advance: (milliseconds: number) => void (now += milliseconds), write: () => void (version += 1) };
}

const load = (live: LiveSessions, id: string, userId = 'u1') =>
  live.load(id, userId, () => Promise.resolve(rowOf(userId)));

/** A reading that waits to be told what it found: the database answers when it likes. */
function slowly(live: LiveSessions, id: string, userId = 'u1') {
  const { promise, resolve } = Promise.withResolvers<SessionRow | undefined>();
  const loaded = live.load(id, userId, () => promise);
  return {
    async found(row: SessionRow | undefined = rowOf(userId)) {
      resolve(row);
      return loaded;
    },
  };
}

test('a session that was read is known, and one that does not exist is not', async () => {
  const { live } = createWorld();
  await load(live, 'a');
  expect(await live.load('b', 'u1', () => Promise.resolve(undefined))).toBeUndefined();
  expect(live.get('a')?.session).toMatchObject({ id: 'a', userId: 'u1' });
  expect(live.get('b')).toBeUndefined();
});

test('a reading that fails leaves nothing behind', async () => {
  const { live } = createWorld();
  await expect(live.load('a', 'u1', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
  expect(live.get('a')).toBeUndefined();
});

describe('forgetting', () => {
  test.each([
    ['one', { userId: 'u1', ids: ['a'] }, ['b', 'c', 'x']],
    ['all but one', { userId: 'u1', exceptId: 'b' }, ['b', 'x']],
    ['all of a user', { userId: 'u1' }, ['x']],
    ["another's", { userId: 'u2', ids: ['a'] }, ['a', 'b', 'c', 'x']],
    ['those of nobody', { userId: 'nobody' }, ['a', 'b', 'c', 'x']],
  ])('%s', async (_, ended, left) => {
    const { live } = createWorld();
    for (const id of ['a', 'b', 'c']) await load(live, id);
    await load(live, 'x', 'u2');
    live.forget(ended);
    expect(['a', 'b', 'c', 'x'].filter((id) => live.get(id) !== undefined)).toEqual(left);
  });

  test.each<[string, (live: LiveSessions) => void]>([
    ['is ended by its id', (live) => live.forget({ userId: 'u1', ids: ['a'] })],
    ['is ended with all others', (live) => live.forget({ userId: 'u1', exceptId: 'b' })],
    ['is ended with all of its user', (live) => live.forget({ userId: 'u1' })],
    ['may have been ended while the bus was away', (live) => live.distrust()],
    ['may have been ended while the bus was away, though it is back', (live) => (live.distrust(), live.trust())],
    ['may have been ended by a message of a version to come', (live) => live.clear()],
  ])('a session that, while it is being read, %s, is not kept', async (_, end) => {
    const { live } = createWorld();
    const reading = slowly(live, 'a');
    end(live);
    expect(await reading.found()).toMatchObject({ user_id: 'u1' });
    expect(live.get('a')).toBeUndefined();
  });

  test('keeps what was read since', async () => {
    const { live } = createWorld();
    const early = slowly(live, 'a');
    live.forget({ userId: 'u1', ids: ['a'] });
    const late = slowly(live, 'a');
    await late.found();
    await early.found();
    expect(live.get('a')).toBeDefined();
  });
});

test('a session that a transaction is ending is not kept, however often it is read, for as long as one is believed', async () => {
  const { live, advance } = createWorld();
  await load(live, 'a');
  const reading = slowly(live, 'b');
  live.doubt({ userId: 'u1', ids: ['a', 'b'] });
  await reading.found();
  for (const id of ['a', 'b']) {
    expect(live.get(id)).toBeUndefined();
    await load(live, id);
    expect(live.get(id)).toBeUndefined();
  }
  advance(60_000);
  await load(live, 'a');
  expect(live.get('a')).toBeDefined();
});

describe('without the bus', () => {
  test('nothing is known, nor from before when it is back', async () => {
    const { live } = createWorld();
    await load(live, 'a');
    live.distrust();
    expect(live.get('a')).toBeUndefined();
    await load(live, 'a');
    expect(live.get('a')).toBeUndefined();
    live.trust();
    expect(live.get('a')).toBeUndefined();
    await load(live, 'a');
    expect(live.get('a')).toBeDefined();
  });

  test('a reading that began without it is not kept', async () => {
    const { live } = createWorld();
    live.distrust();
    const reading = slowly(live, 'a');
    live.trust();
    await reading.found();
    expect(live.get('a')).toBeUndefined();
  });
});

test('a session is believed for its maximum age, from when its reading began, and not when the clock was set back', async () => {
  const { live, advance } = createWorld();
  const reading = slowly(live, 'a');
  advance(59_000);
  await reading.found();
  advance(999);
  expect(live.get('a')).toBeDefined();
  advance(1);
  expect(live.get('a')).toBeUndefined();
  await load(live, 'a');
  advance(-1);
  expect(live.get('a')).toBeUndefined();
});

test('being seen makes no session younger', async () => {
  const { live, advance } = createWorld();
  await load(live, 'a');
  advance(59_999);
  live.see('a', { ...rowOf('u1'), last_seen_at: 7, ip: '203.0.113.7' });
  expect(live.get('a')?.session).toMatchObject({ lastSeenAt: new Date(7), ip: '203.0.113.7' });
  advance(1);
  expect(live.get('a')).toBeUndefined();
  live.see('unknown', rowOf('u1'));
  expect(live.get('unknown')).toBeUndefined();
});

test('the least recently used makes room, and forgetting its user then costs nothing', async () => {
  const { live } = createWorld({ max: 2 });
  for (const id of ['a', 'b', 'c']) await load(live, id);
  expect(['a', 'b', 'c'].filter((id) => live.get(id) !== undefined)).toEqual(['b', 'c']);
  live.forget({ userId: 'u1' });
  expect(live.get('c')).toBeUndefined();
});

describe('under a guard', () => {
  test('any write empties the cache, and no bus is needed', async () => {
    const { live, write } = createWorld({ guarded: true });
    await load(live, 'a');
    expect(live.get('a')).toBeDefined();
    write();
    expect(live.get('a')).toBeUndefined();
  });

  test('a session is not kept when there was a write while it was being read', async () => {
    const { live, write } = createWorld({ guarded: true });
    const reading = slowly(live, 'a');
    write();
    await reading.found();
    expect(live.get('a')).toBeUndefined();
  });

  test('caches that share it all hear of a write', async () => {
    let version = 1;
    const cache = memoryCache({ max: 10, guard: { version: () => version } });
    const both = [createLiveSessions(cache, () => 0), createLiveSessions(cache, () => 0)];
    for (const live of both) await load(live, 'a');
    version += 1;
    expect(both.map((live) => live.get('a', 0))).toEqual([undefined, undefined]);
  });

  test('age does not count', async () => {
    const { live, advance } = createWorld({ guarded: true });
    await load(live, 'a');
    advance(1e9);
    expect(live.get('a')).toBeDefined();
  });
});

test.each([0, -1, 1.5, Number.NaN])('a maximum of %s is misuse', (max) => {
  expect(() => memoryCache({ max })).toThrow(/^cache: max: /);
});
