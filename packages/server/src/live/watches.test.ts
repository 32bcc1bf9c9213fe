import {
  createSessionManager,
  localBus,
  migrateToLatest,
  type Session,
  type SessionError,
  type SessionManager,
} from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createWatches } from './watches.ts';

const minute = 60_000;
const keys = 'a secret of more than thirty-two bytes';

let database: SqliteDatabase.Database;
let db: Kysely<object>;
let manager: SessionManager;
/** Another process on the same database: nothing that it publishes arrives here. */
let elsewhere: SessionManager;

beforeEach(async () => {
  vi.useFakeTimers();
  database = new SqliteDatabase(':memory:');
  db = new Kysely<object>({ dialect: new SqliteDialect({ database }) });
  await migrateToLatest(db);
  // On the Database itself, look-ups wait for no end of a turn: the clock of the tests has no turns.
  manager = createSessionManager({ db: database, keys, lifetime: '1h', idleTimeout: '10m' });
  elsewhere = createSessionManager({ db, keys, bus: localBus({ channel: 'of another process' }) });
});
afterEach(async () => {
  vi.useRealTimers();
  await db.destroy();
});

async function watch(maxPerSession = 2000) {
  const watches = createWatches(manager, maxPerSession);
  const { token, session } = await manager.issue({ userId: 'ada' });
  const { claims } = await manager.verify(token);
  const caller = { token, ip: null, userAgent: null, clientHints: null };
  const ends: string[] = [];
  const onEnd = ({ reason }: SessionError): void => void ends.push(reason);
  const start = (since: number) => watches.watch({ session, claims, caller, since, onEnd });
  return { watches, token, session, claims, start, ends };
}

test('a stream ends at once, and once, when its session is revoked', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  await manager.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
  await manager.revokeAll('ada');
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(ends).toHaveLength(1);
});

test('a stream ends when its session was revoked after it was verified and before it was watched', async () => {
  const { watches, session, start, ends } = await watch();
  const since = watches.moment();
  await manager.revoke({ userId: 'ada', id: session.id });
  start(since);
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
});

test('a session that another process revoked, without a bus, is found within a minute', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  await elsewhere.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(minute - 1);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toEqual(['revoked_session']);
});

test('after messages of the bus were lost, every session is checked once within a second', async () => {
  const bus = localBus();
  manager = createSessionManager({ db: database, keys, bus });
  const { session, watches, start, ends } = await watch();
  const since = watches.moment();
  start(since);
  const get = vi.spyOn(manager, 'get');
  await elsewhere.revoke({ userId: 'ada', id: session.id });
  for (let n = 0; n < 50; n += 1) await bus.publish('resync');
  await vi.advanceTimersByTimeAsync(1000);
  expect(ends).toEqual(['revoked_session']);
  expect(get).toHaveBeenCalledOnce();
  // A stream whose session was verified before that is checked at once.
  start(since);
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toHaveLength(2);
});

test('after messages of the bus were lost, a few sessions are looked up at once, and one that has ended comes first', async () => {
  const bus = localBus();
  manager = createSessionManager({ db: database, keys, bus });
  const watches = createWatches(manager, 2000);
  const ends: string[] = [];
  const sessions: Session[] = [];
  for (let n = 0; n < 50; n += 1) {
    const { token, session } = await manager.issue({ userId: 'ada' });
    const caller = { token, ip: null, userAgent: null, clientHints: null };
    const { claims } = await manager.verify(token);
    watches.watch({ session, claims, caller, since: watches.moment(), onEnd: () => void ends.push(session.id) });
    sessions.push(session);
  }
  const answers: (() => void)[] = [];
  const asked: string[] = [];
  vi.spyOn(manager, 'get').mockImplementation(async ({ id }) => {
    asked.push(id);
    await new Promise<void>((resolve) => void answers.push(resolve));
    return sessions.find((session) => session.id === id) ?? null;
  });
  await bus.publish('resync');
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked.length).toBeLessThan(10);
  const last = sessions.at(-1)!;
  await manager.revoke({ userId: 'ada', id: last.id });
  answers.shift()?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.at(-1)).toBe(last.id);
  while (answers.length > 0) {
    answers.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(new Set(asked)).toEqual(new Set(sessions.map(({ id }) => id)));
});

test('a session goes idle and expires though a stream is open on it', async () => {
  const { watches, start, ends } = await watch();
  start(watches.moment());
  await vi.advanceTimersByTimeAsync(9 * minute);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(minute);
  expect(ends).toEqual(['idle_session']);

  const used = await watch();
  used.start(used.watches.moment());
  for (let n = 1; n < 12; n += 1) {
    await vi.advanceTimersByTimeAsync(5 * minute);
    await manager.verify(used.token);
  }
  expect(used.ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(5 * minute);
  expect(used.ends).toEqual(['expired_token']);
});

test('a stream goes on while other sessions of its user end', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  const { session: other } = await manager.issue({ userId: 'ada' });
  await manager.revoke({ userId: 'ada', id: other.id });
  await manager.revokeOthers({ userId: 'ada', currentId: session.id });
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(ends).toEqual([]);
});

test('a stream ends within a minute of the commit of a transaction that revoked its session', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  await db.transaction().execute((trx) => manager.revoke({ userId: 'ada', id: session.id }, { trx }));
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(minute);
  expect(ends).toEqual(['revoked_session']);
});

test('a stream ends at once when credentials change, unless its session is kept', async () => {
  const [kept, other] = [await watch(), await watch()];
  for (const { watches, start } of [kept, other]) start(watches.moment());
  await manager.changeCredentials({ userId: 'ada', keep: kept.session.id }, async () => {});
  await vi.advanceTimersByTimeAsync(0);
  expect([kept.ends, other.ends]).toEqual([[], ['revoked_session']]);
});

test('a stream ends at once when a new sign-in replaces its session', async () => {
  const { watches, token, start, ends } = await watch();
  start(watches.moment());
  await manager.issue({ userId: 'ada' }, { replaces: { token } });
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
});

test('a stream goes on when the transaction that revoked its session was rolled back', async () => {
  manager = createSessionManager({ db, keys, maxSessionsPerUser: 1 });
  const { watches, token, start, ends } = await watch();
  start(watches.moment());
  const ended = vi.fn();
  manager.on('ended', ended);
  const rolledBack = db.transaction().execute(async (trx) => {
    await manager.issue({ userId: 'ada' }, { trx });
    throw new Error('roll back');
  });
  await expect(rolledBack).rejects.toThrow('roll back');
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(ended).not.toHaveBeenCalled();
  expect(ends).toEqual([]);
  await manager.verify(token);
});

test('a database that does not answer ends no stream, and is asked again', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  const get = vi.spyOn(manager, 'get').mockRejectedValue(new Error('down'));
  await manager.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(10 * minute);
  expect(ends).toEqual([]);
  // Ever more rarely: a database that comes back is not asked by all streams at once.
  expect(get.mock.calls.length).toBeGreaterThan(10);
  expect(get.mock.calls.length).toBeLessThan(30);
  get.mockRestore();
  await vi.advanceTimersByTimeAsync(minute);
  expect(ends).toEqual(['revoked_session']);
});

test('an end that is found by a look-up is no refused request of the caller', async () => {
  const { watches, session, start } = await watch();
  const rejected = vi.fn();
  manager.on('rejected', rejected);
  start(watches.moment());
  await manager.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(0);
  expect(rejected.mock.calls).toEqual([[{ reason: 'revoked_session', caller: null }]]);
});

test('sessions are looked up by the clock of the manager', async () => {
  let now = 0;
  manager = createSessionManager({ db, keys, lifetime: '1h', clock: () => now });
  const { watches, start, ends } = await watch();
  start(watches.moment());
  const get = vi.spyOn(manager, 'get');
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(get).toHaveBeenCalledTimes(3);
  now = 60 * minute;
  await vi.advanceTimersByTimeAsync(minute);
  expect(ends).toEqual(['expired_token']);
});

test('a session whose streams are closed is looked up no more', async () => {
  const { watches, start, ends } = await watch();
  const get = vi.spyOn(manager, 'get');
  const stop = start(watches.moment());
  stop();
  await manager.revokeAll('ada');
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(ends).toEqual([]);
  expect(get).not.toHaveBeenCalled();
});

describe('streams of one session share its look-ups', () => {
  test('1,500 streams cost no look-up when another session of their user ends', async () => {
    const { watches, start, ends } = await watch();
    for (let n = 0; n < 1500; n += 1) start(watches.moment());
    const { session: other } = await manager.issue({ userId: 'ada' });
    const get = vi.spyOn(manager, 'get');
    const verify = vi.spyOn(manager, 'verify');
    await manager.revoke({ userId: 'ada', id: other.id });
    await vi.advanceTimersByTimeAsync(0);
    expect(get).not.toHaveBeenCalled();
    expect(verify).not.toHaveBeenCalled();
    expect(ends).toEqual([]);
  });

  test('1,500 streams end after one look-up, and one for the reason', async () => {
    const { watches, start, ends } = await watch();
    for (let n = 0; n < 1500; n += 1) start(watches.moment());
    const get = vi.spyOn(manager, 'get');
    const verify = vi.spyOn(manager, 'verify');
    await manager.revokeAll('ada');
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(1500);
    expect(get).toHaveBeenCalledOnce();
    expect(verify).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(2 * minute);
    expect(get).toHaveBeenCalledOnce();
  });

  test('the minute’s look-up is one for all', async () => {
    const { watches, start } = await watch();
    for (let n = 0; n < 1500; n += 1) start(watches.moment());
    const get = vi.spyOn(manager, 'get');
    await vi.advanceTimersByTimeAsync(3 * minute);
    expect(get).toHaveBeenCalledTimes(3);
  });
});

test('an end that comes during a look-up is looked up again', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  const { promise: answered, resolve: answer } = Promise.withResolvers<typeof session>();
  vi.spyOn(manager, 'get').mockReturnValueOnce(answered);
  await vi.advanceTimersByTimeAsync(minute);
  await manager.revoke({ userId: 'ada', id: session.id });
  answer(session);
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
});

test('a stream whose end throws keeps no other open', async () => {
  const { watches, session, claims, start, ends } = await watch();
  const caller = { token: null, ip: null, userAgent: null, clientHints: null };
  const onEnd = () => {
    throw new Error('broken');
  };
  watches.watch({ session, claims, caller, since: watches.moment(), onEnd });
  start(watches.moment());
  await manager.revokeAll('ada');
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toHaveLength(1);
});

test('a session takes no more streams than its limit, until one is closed', async () => {
  const { watches, claims, start } = await watch(2);
  const stop = start(watches.moment());
  start(watches.moment());
  expect(() => start(watches.moment())).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
  const other = await manager.issue({ userId: 'ada' });
  const caller = { token: other.token, ip: null, userAgent: null, clientHints: null };
  watches.watch({ session: other.session, claims, caller, since: watches.moment(), onEnd() {} });
  stop();
  start(watches.moment());
});
