import { createSessionManager, localBus, migrateToLatest, type SessionManager } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ChangeQueue } from './change-queue.ts';
import { createSessionLists } from './session-lists.ts';

const minute = 60_000;
const keys = 'a secret of more than thirty-two bytes';
const userId = 'ada';

let db: Kysely<object>;
let sqlite: SqliteDatabase.Database;
let manager: SessionManager;
/** Another process on the same database, on another bus. */
let elsewhere: SessionManager;

beforeEach(async () => {
  vi.useFakeTimers();
  sqlite = new SqliteDatabase(':memory:');
  db = new Kysely<object>({ dialect: new SqliteDialect({ database: sqlite }) });
  await migrateToLatest(db);
  const create = (channel: string) =>
    // On the Database itself, look-ups wait for no end of a turn: the clock of the tests has no turns.
    createSessionManager({
      db: sqlite,
      keys,
      lifetime: '1h',
      bus: localBus({ channel }),
      maxSessionsPerUser: Infinity,
    });
  manager = create('here');
  elsewhere = create('elsewhere');
});
afterEach(async () => {
  vi.useRealTimers();
  await db.destroy();
});

/** Reads a queue in the background. Its changes, as texts. */
function follow(queue: ChangeQueue): string[] {
  const changes: string[] = [];
  async function read(): Promise<void> {
    for (;;) {
      const next = await queue.next();
      if (next === undefined) return;
      if (next === 'alive') changes.push(next);
      else if (next.type === 'list') changes.push(`list of ${next.sessions.length}`);
      else if (next.type === 'revoked') changes.push(`revoked: ${next.end?.cause}`);
      else changes.push(next.type);
    }
  }
  void read();
  return changes;
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('a change by a process that no bus connects is found within a minute', async () => {
  const { session } = await manager.issue({ userId });
  const changes = follow(createSessionLists(manager).read(userId));
  await settle();
  expect(changes).toEqual(['list of 1']);
  await elsewhere.issue({ userId });
  await elsewhere.revoke({ userId, id: session.id });
  await vi.advanceTimersByTimeAsync(minute - 1000);
  expect(changes).toEqual(['list of 1', 'alive']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(changes.slice(2)).toEqual(['revoked: revoked', 'created']);
});

test('a session that expires is reported when it does', async () => {
  await manager.issue({ userId, lifetime: '10s' });
  await manager.issue({ userId });
  const changes = follow(createSessionLists(manager).read(userId));
  await vi.advanceTimersByTimeAsync(11_000);
  expect(changes).toEqual(['list of 2', 'expired']);
});

test('a reader that does not read is closed, and keeps no changes', async () => {
  const { session } = await manager.issue({ userId });
  const queue = createSessionLists(manager).read(userId);
  for (let change = 0; change < 350; change += 1) {
    await manager.update({ userId, id: session.id, name: `name ${change}` });
    await vi.advanceTimersByTimeAsync(0);
  }
  await expect(queue.next()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

test('after messages of the bus were lost, the list is read within a second', async () => {
  const changes = follow(createSessionLists(manager).read(userId));
  await settle();
  await elsewhere.issue({ userId });
  await localBus({ channel: 'here' }).publish('resync');
  await vi.advanceTimersByTimeAsync(1000);
  expect(changes).toEqual(['list of 0', 'created']);
});

test('a database that does not answer closes no reader, and is asked again', async () => {
  await manager.issue({ userId });
  sqlite.exec('alter table sessions rename to gone');
  const changes = follow(createSessionLists(manager).read(userId));
  await settle();
  expect(changes).toEqual([]);
  sqlite.exec('alter table gone rename to sessions');
  await vi.advanceTimersByTimeAsync(2000);
  expect(changes).toEqual(['list of 1']);
});

test('of more sessions than a list has, one that is seen again is neither new nor revoked', async () => {
  const oldest = await manager.issue({ userId });
  await vi.advanceTimersByTimeAsync(1000);
  for (let session = 0; session < 100; session += 1) await manager.issue({ userId });
  const changes = follow(createSessionLists(manager).read(userId));
  await vi.advanceTimersByTimeAsync(2 * minute);
  await manager.verify(oldest.token);
  await manager.flush();
  await vi.advanceTimersByTimeAsync(minute);
  // The session whose place it takes lives on, and is listed no longer.
  expect(changes.filter((change) => change !== 'alive')).toEqual(['list of 100', 'list of 100']);
});

test('of more sessions than a list has, a new one is reported before the list that it is in', async () => {
  for (let session = 0; session < 100; session += 1) await manager.issue({ userId });
  const changes = follow(createSessionLists(manager).read(userId));
  await settle();
  await vi.advanceTimersByTimeAsync(1000);
  const { session } = await manager.issue({ userId });
  await settle();
  expect(changes).toEqual(['list of 100', 'created', 'list of 100']);
  await manager.revoke({ userId, id: session.id });
  await settle();
  expect(changes.slice(3)).toEqual(['revoked: revoked', 'updated']);
});

test('a reader that has nothing to read gets a sign of life', async () => {
  const changes = follow(createSessionLists(manager).read(userId));
  await vi.advanceTimersByTimeAsync(30_000);
  expect(changes).toEqual(['list of 0', 'alive']);
});
