import { setImmediate as turn } from 'node:timers/promises';
import type SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bus } from '../bus/bus.ts';
import { localBus } from '../bus/local-bus.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { createSessionManager, type SessionManager } from './manager.ts';
import type { SessionSet } from '../session/session-set.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { intercepted } from '../testing/intercept.ts';
import { openMigratedSqlite } from '../testing/migrated-database.ts';

// Two nodes with a cache each, on one database and one bus: neither accepts a session that one has revoked, or may have.

const keys = 'a secret of more than thirty-two bytes';

let sqlite: SqliteDatabase.Database;
let db: Kysely<SessionsDatabase>;

beforeEach(async () => {
  sqlite = await openMigratedSqlite();
  db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: sqlite }) });
  return () => db.destroy();
});

function createNode(bus: Bus, of: Kysely<SessionsDatabase> = db, maxSessionsPerUser = 1000): SessionManager {
  return createSessionManager({ db: of, keys, bus, cache: memoryCache({ max: 1000 }), maxSessionsPerUser });
}

const revoked = { reason: 'revoked_session' };

describe('when the answer of the database is lost', () => {
  /** Loses the answer of each commit. */
  const losing = (): Kysely<SessionsDatabase> =>
    intercepted(
      sqlite,
      (_, run) => run(),
      () => {
        throw new Error('connection lost');
      },
    );

  test.each<[string, (node: SessionManager, id: string) => Promise<unknown>]>([
    ['revoking one', (node, id) => node.revoke({ userId: 'ada', id })],
    ['revoking all', (node) => node.revokeAll('ada')],
    ['changing credentials', (node) => node.changeCredentials({ userId: 'ada' }, async () => {})],
  ])('%s may have deleted the row: no node accepts the session', async (_, revoke) => {
    const bus = localBus();
    const [a, b] = [createNode(bus, losing()), createNode(bus)];
    const { token, session } = await b.issue({ userId: 'ada' });
    for (const node of [a, b]) await node.verify(token);
    const [ended, missed] = [vi.fn(), vi.fn()];
    b.on('ended', ended);
    b.on('missed', missed);
    await expect(revoke(a, session.id)).rejects.toThrow('connection lost');
    for (const node of [a, b]) await expect(node.verify(token)).rejects.toMatchObject(revoked);
    // The other node checks its streams of this user: it is not certain that a session has ended.
    expect(missed).toHaveBeenCalledWith(expect.objectContaining({ userId: 'ada' }));
    expect(ended).not.toHaveBeenCalled();
  });

  test('a sign-in may have evicted any session of the user: no node accepts one', async () => {
    const bus = localBus();
    let isLost = false;
    const lost = intercepted(
      sqlite,
      (_, run) => run(),
      () => {
        if (isLost) throw new Error('connection lost');
      },
    );
    const [a, b] = [createNode(bus, lost, 1), createNode(bus)];
    const { token } = await a.issue({ userId: 'ada' });
    for (const node of [a, b]) await node.verify(token);
    isLost = true;
    await expect(a.issue({ userId: 'ada' })).rejects.toThrow('connection lost');
    for (const node of [a, b]) await expect(node.verify(token)).rejects.toMatchObject(revoked);
  });
});

test('a burst of revocations is published in few messages, and none is lost, however slow the bus is', async () => {
  const bus = localBus();
  const { promise: isReady, resolve: getReady } = Promise.withResolvers<void>();
  let taken = 0;
  const slow: Bus = {
    ...bus,
    async publish(message) {
      taken += 1;
      await isReady;
      await bus.publish(message);
    },
  };
  const [a, b] = [createNode(slow), createNode(bus)];
  const [ended, missed, fault] = [vi.fn<(event: SessionSet) => void>(), vi.fn(), vi.fn()];
  b.on('ended', ended);
  b.on('missed', missed);
  a.on('fault', fault);
  const users = Array.from({ length: 500 }, (_, n) => `user${n}`);
  for (const userId of users) await a.issue({ userId });
  await Promise.all(users.map((userId) => a.revokeAll(userId)));
  getReady();
  await a.close();
  expect(ended.mock.calls.map(([{ userId }]) => userId).toSorted()).toEqual(users.toSorted());
  expect(taken).toBeLessThan(100);
  expect(missed).not.toHaveBeenCalled();
  expect(fault).not.toHaveBeenCalled();
});

test('after messages were lost, no cached session is accepted, and the event `missed` says so', async () => {
  const bus = localBus();
  const node = createNode(bus);
  const missed = vi.fn();
  node.on('missed', missed);
  const { token } = await node.issue({ userId: 'ada' });
  await node.verify(token);
  sqlite.exec('delete from sessions');
  await bus.publish('resync');
  expect(missed).toHaveBeenCalledOnce();
  await expect(node.verify(token)).rejects.toMatchObject(revoked);
});

test.each<[string, object, number]>([
  ['too large ones are not read', { ids: Array.from({ length: 200_000 }, (_, n) => String(n)) }, 20],
  ['empty ones of an open transaction name none', { ids: [] }, 0],
])('forged messages end no session: %s', async (_, ended, misses) => {
  const bus = localBus();
  const node = createNode(bus);
  const [missed, isEnded] = [vi.fn(), vi.fn()];
  node.on('missed', missed);
  node.on('ended', isEnded);
  const { token } = await node.issue({ userId: 'ada' });
  await node.verify(token);
  const message = JSON.stringify({ from: 'forged', ended: { userId: 'ada', ...ended }, isPending: true });
  for (let n = 0; n < 20; n += 1) await bus.publish(message);
  await node.verify(token);
  expect(missed).toHaveBeenCalledTimes(misses);
  expect(isEnded).not.toHaveBeenCalled();
});

describe('closing', () => {
  test('waits for messages that are being published, and accepts no cached session meanwhile', async () => {
    const { promise: handedOver, resolve: handOver } = Promise.withResolvers<void>();
    const published = vi.fn<(message: string) => Promise<void>>(() => handedOver);
    const node = createNode({ ...localBus(), publish: published });
    const { token } = await node.issue({ userId: 'bob' });
    const { session } = await node.issue({ userId: 'ada' });
    await node.verify(token);
    await node.revoke({ userId: 'ada', id: session.id });
    // Two new sessions, and the revocation of one.
    expect(published).toHaveBeenCalledTimes(3);
    let isClosed = false;
    const closing = node.close().then(() => (isClosed = true));
    for (let n = 0; n < 10; n += 1) await turn();
    expect(isClosed).toBe(false);
    sqlite.exec('delete from sessions');
    await expect(node.verify(token)).rejects.toMatchObject(revoked);
    handOver();
    await closing;
  });

  test('accepts no cached session, even if the bus does not stop', async () => {
    const bus = { ...localBus() };
    const node = createNode({
      ...bus,
      subscribe: (listener) => (bus.subscribe(listener), () => Promise.reject(new Error('does not stop'))),
    });
    const { token } = await node.issue({ userId: 'ada' });
    await node.verify(token);
    await expect(node.close()).rejects.toThrow('does not stop');
    sqlite.exec('delete from sessions');
    await expect(node.verify(token)).rejects.toMatchObject(revoked);
  });
});
