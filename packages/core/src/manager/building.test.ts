import { Kysely, SqliteDialect } from 'kysely';
import SQLite from 'better-sqlite3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { localBus } from '../bus/local-bus.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { migrateToLatest } from '../store/migrations.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import { createSessionManager } from './manager.ts';

// A framework imports the module of the manager while it builds the app: without a secret, and without a database.

const secret = 'a secret of more than thirty-two bytes';
const opened: SQLite.Database[] = [];

afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

/** A database that is opened on first use. */
function lateDatabase() {
  const database = vi.fn(async () => {
    const sqlite = new SQLite(':memory:');
    opened.push(sqlite);
    return sqlite;
  });
  return { database, db: new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) }) };
}

describe('while a framework builds the app', () => {
  test('a manager is made without a secret, a connection to the database or a bus', async () => {
    const { db, database } = lateDatabase();
    const bus = { ...localBus({ channel: 'building' }) };
    const subscribe = vi.spyOn(bus, 'subscribe');
    const keys = vi.fn((): string | undefined => undefined);
    const manager = createSessionManager({ db, keys, bus, cache: memoryCache({ max: 10 }) });
    manager.on('ended', () => {});
    expect([keys, database, subscribe].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);

    keys.mockReturnValue(secret);
    await migrateToLatest(db);
    const { token } = await manager.issue({ userId: 'ada' });
    expect(await manager.verify(token)).toMatchObject({ session: { userId: 'ada' } });
    expect([keys, database, subscribe].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
    await manager.close();
  });

  test.each([
    ['is missing', undefined, /^keys: there is none \(is the environment variable set\?\)/],
    ['comes from a function, and is missing', () => undefined, /^keys: there is none/],
    ['comes from a function, and is short', () => 'short', /^keys: an HS256 secret must be at least 32 bytes/],
  ])('a secret that %s is an error at the first token', async (_, keys, message) => {
    const { db } = lateDatabase();
    const manager = createSessionManager({ db, keys });
    await migrateToLatest(db);
    await expect(manager.issue({ userId: 'ada' })).rejects.toThrow(message);
    const shaped = `${btoa('{"alg":"HS256"}').replaceAll('=', '')}.e30.AAAA`;
    await expect(manager.verify(shaped)).rejects.toMatchObject({ name: 'SessionUsageError' });
    expect(await manager.list('ada')).toEqual([]);
    await manager.close();
  });

  test('a secret that is given and bad is an error when the manager is made', () => {
    const { db } = lateDatabase();
    for (const keys of ['short', '', []]) expect(() => createSessionManager({ db, keys })).toThrow(/^keys: /);
  });
});

test('a bus that waits for the first token receives and publishes from then on, and is left on close', async () => {
  const { db } = lateDatabase();
  await migrateToLatest(db);
  const bus = localBus({ channel: 'late' });
  const options = { db, keys: () => secret, bus, cache: memoryCache({ max: 10 }) };
  await using first = closing(createSessionManager(options));
  await using second = closing(createSessionManager({ ...options, cache: memoryCache({ max: 10 }) }));
  const { token } = await first.manager.issue({ userId: 'ada' });
  await second.manager.verify(token);
  const ended = vi.fn();
  second.manager.on('ended', ended);
  await first.manager.revokeAll('ada');
  await expect.poll(() => ended.mock.calls.length).toBe(1);
  await expect(second.manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
});

function closing(manager: ReturnType<typeof createSessionManager<SessionsDatabase>>) {
  return { manager, [Symbol.asyncDispose]: () => manager.close() };
}
