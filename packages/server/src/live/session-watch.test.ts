import { createSessionManager, migrateToLatest, type SessionError, type SessionManager } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWatches } from './session-watch.ts';

const minute = 60_000;
const keys = 'a secret of more than thirty-two bytes';

let db: Kysely<object>;
let manager: SessionManager;
/** Another process on the same database, that no bus connects. */
let elsewhere: SessionManager;

beforeEach(async () => {
  vi.useFakeTimers();
  db = new Kysely<object>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
  await migrateToLatest(db);
  manager = createSessionManager({ db, keys, lifetime: '1h', idleTimeout: '10m' });
  elsewhere = createSessionManager({ db, keys });
});
afterEach(async () => {
  vi.useRealTimers();
  await db.destroy();
});

async function watch() {
  const watches = createWatches(manager);
  const { token, session } = await manager.issue({ userId: 'ada' });
  const caller = { token, ip: null, userAgent: null, clientHints: null };
  const ends: string[] = [];
  const onEnd = ({ reason }: SessionError): void => void ends.push(reason);
  const start = (since: number) => watches.watch({ session, caller, since, onEnd });
  return { watches, token, session, start, ends };
}

test('an ending that this process hears of is told at once, and once', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  await manager.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
  await manager.revokeAll('ada');
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(ends).toHaveLength(1);
});

test('so is one from before it was watched, but after it was verified', async () => {
  const { watches, session, start, ends } = await watch();
  const since = watches.moment();
  await manager.revoke({ userId: 'ada', id: session.id });
  start(since);
  await vi.advanceTimersByTimeAsync(0);
  expect(ends).toEqual(['revoked_session']);
});

test('one that nobody tells is found within a minute', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  await elsewhere.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(minute - 1);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(ends).toEqual(['revoked_session']);
});

test('a session goes idle though it is watched, and expires', async () => {
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

test('the ending of another session of the user ends nothing', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  const { session: other } = await manager.issue({ userId: 'ada' });
  await manager.revoke({ userId: 'ada', id: other.id });
  await manager.revokeOthers({ userId: 'ada', currentId: session.id });
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(ends).toEqual([]);
});

test('nor does one that a transaction undoes', async () => {
  manager = createSessionManager({ db, keys, maxSessionsPerUser: 1 });
  const { watches, token, start, ends } = await watch();
  start(watches.moment());
  const ended = vi.fn();
  manager.on('ended', ended);
  const undone = db.transaction().execute(async (trx) => {
    await manager.issue({ userId: 'ada' }, { trx });
    throw new Error('undo');
  });
  await expect(undone).rejects.toThrow('undo');
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(ended).toHaveBeenCalledOnce();
  expect(ends).toEqual([]);
  await manager.verify(token);
});

test('a database that does not answer ends nothing, and is asked again', async () => {
  const { watches, session, start, ends } = await watch();
  start(watches.moment());
  const get = vi.spyOn(manager, 'get').mockRejectedValue(new Error('down'));
  await manager.revoke({ userId: 'ada', id: session.id });
  await vi.advanceTimersByTimeAsync(5000);
  expect(ends).toEqual([]);
  get.mockRestore();
  await vi.advanceTimersByTimeAsync(1000);
  expect(ends).toEqual(['revoked_session']);
});

test('what is not watched any longer is not told, and leaves no timer', async () => {
  const { watches, start, ends } = await watch();
  const stop = start(watches.moment());
  stop();
  await manager.revokeAll('ada');
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(ends).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
