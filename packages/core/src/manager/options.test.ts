import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, test } from 'vitest';
import { memoryCache } from '../cache/memory-cache.ts';
import { createSessionManager } from './manager.ts';
import { readOptions } from './options.ts';
import type { SessionsDatabase } from '../store/schema.ts';

const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
const keys = 'x'.repeat(32);

test('the defaults are those of the documentation', () => {
  expect(readOptions({ db, keys })).toMatchObject({
    lifetime: 30 * 86_400_000,
    idleTimeout: Infinity,
    touchInterval: 60_000,
    clockTolerance: 0,
    maxSessions: undefined,
    table: { schema: undefined, table: 'sessions' },
    clock: expect.any(Function),
  });
});

test('last-seen is written often enough for a short idle timeout', () => {
  expect(readOptions({ db, keys, idleTimeout: '1s' }).touchInterval).toBe(100);
  expect(readOptions({ db, keys, idleTimeout: '14d' }).touchInterval).toBe(60_000);
});

test('last-seen waits for others to share its write: under a guard, where a write empties the cache, longer', () => {
  const guarded = { db, keys, cache: memoryCache({ max: 1, guard: { version: () => 0 } }) };
  const { touchDelay } = readOptions({ db, keys });
  expect(touchDelay).toBe(50);
  expect(readOptions(guarded).touchDelay).toBe(1000);
  expect(readOptions({ ...guarded, touchInterval: '200ms' }).touchDelay).toBe(200);
});

describe('misuse is told when the manager is made, by the name of the option', () => {
  test.each<[string, object, ErrorConstructor, RegExp]>([
    ['a bare number', { lifetime: 3600 }, TypeError, /^lifetime: .*unit.*number/],
    ['a number in a text', { lifetime: '3600' }, RangeError, /^lifetime: .*unit/],
    ['an unknown unit', { idleTimeout: '3 fortnights' }, RangeError, /^idleTimeout: /],
    ['an empty duration', { lifetime: '' }, RangeError, /^lifetime: /],
    ['a negative duration', { lifetime: '-1d' }, RangeError, /^lifetime: must be at least 1s/],
    ['a lifetime below a second', { lifetime: '10ms' }, RangeError, /^lifetime: must be at least 1s/],
    [
      'a touch interval that lets sessions in use end',
      { idleTimeout: '1m', touchInterval: '1m' },
      RangeError,
      /^touchInterval: .*idleTimeout/,
    ],
    ['a cap of none', { maxSessionsPerUser: 0 }, RangeError, /^maxSessionsPerUser: /],
    ['a cap of a half', { maxSessionsPerUser: 1.5 }, RangeError, /^maxSessionsPerUser: /],
    ['an empty issuer', { issuer: '' }, TypeError, /^issuer: /],
    ['an empty audience', { audience: [] }, TypeError, /^audience: /],
    ['SQL for a table', { table: 'a; drop table b' }, RangeError, /^table: /],
    ['a schema on SQLite', { table: 'auth.sessions' }, RangeError, /^table: SQLite has no schemas/],
    ['three names for a table', { table: 'a.b.c' }, RangeError, /^table: /],
    ['a moment for a clock', { clock: 5 }, TypeError, /^clock: /],
    ['a lifetime that no database can write', { lifetime: '8500y' }, RangeError, /^lifetime: must be at most 1000y/],
    ['a database that is none', { db: {} }, TypeError, /^db: /],
    ['no database', { db: undefined }, TypeError, /^db: /],
    ['no keys', { keys: undefined }, TypeError, /^keys: /],
  ])('%s', (_, option, kind, message) => {
    const make = (): unknown => createSessionManager({ db, keys, ...option });
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  test('a cap that a function gets wrong fails the sign-in, not the manager', async () => {
    const { maxSessions } = readOptions({ db, keys, maxSessionsPerUser: () => Number.NaN });
    await expect(maxSessions?.('u1')).rejects.toThrow(/^maxSessionsPerUser: /);
  });
});
