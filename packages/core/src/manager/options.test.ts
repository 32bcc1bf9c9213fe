import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, test } from 'vitest';
import { memoryCache } from '../cache/memory-cache.ts';
import { createMigrations, migrateToLatest } from '../store/migrations.ts';
import { createSessionManager } from './manager.ts';
import { readOptions } from './options.ts';
import type { SessionsDatabase } from '../store/schema.ts';

const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
const keys = 'a secret of more than thirty-two bytes';

test('the defaults are the documented ones', () => {
  expect(readOptions({ db, keys })).toMatchObject({
    lifetime: 30 * 86_400_000,
    idleTimeout: Infinity,
    touchInterval: 60_000,
    clockTolerance: 0,
    maxSessions: expect.any(Function),
    table: { schema: undefined, table: 'sessions' },
    clock: expect.any(Function),
  });
});

test('last-seen is written often enough for a short idle timeout', () => {
  expect(readOptions({ db, keys, idleTimeout: '1s' }).touchInterval).toBe(100);
  expect(readOptions({ db, keys, idleTimeout: '14d' }).touchInterval).toBe(60_000);
});

test('a last-seen write waits to share its query, and longer with a guard, as each write then empties the cache', () => {
  const guarded = { db, keys, cache: memoryCache({ max: 1, guard: { version: () => 0 } }) };
  const { touchDelay } = readOptions({ db, keys });
  expect(touchDelay).toBe(50);
  expect(readOptions(guarded).touchDelay).toBe(1000);
  expect(readOptions({ ...guarded, touchInterval: '200ms' }).touchDelay).toBe(200);
});

describe('misuse is refused when the manager is created, by the name of the option', () => {
  test.each<[string, object, ErrorConstructor, RegExp]>([
    ['a bare number', { lifetime: 3600 }, TypeError, /^lifetime: .*unit.*number/],
    ['a number in a text', { lifetime: '3600' }, RangeError, /^lifetime: .*unit/],
    ['an unknown unit', { idleTimeout: '3 fortnights' }, RangeError, /^idleTimeout: /],
    ['an empty duration', { lifetime: '' }, RangeError, /^lifetime: /],
    ['a negative duration', { lifetime: '-1d' }, RangeError, /^lifetime: must be at least 1s/],
    ['a lifetime below a second', { lifetime: '10ms' }, RangeError, /^lifetime: must be at least 1s/],
    [
      'a touch interval by which sessions in use go idle',
      { idleTimeout: '1m', touchInterval: '1m' },
      RangeError,
      /^touchInterval: .*idleTimeout/,
    ],
    ['an unknown mode of addresses', { ip: 'none' }, TypeError, /^ip: expected 'full', 'truncated' or 'off', got none/],
    ['a text for lookUpData', { lookUpData: 'yes' }, TypeError, /^lookUpData: /],
    ['a cap of 0', { maxSessionsPerUser: 0 }, RangeError, /^maxSessionsPerUser: /],
    ['a cap of a half', { maxSessionsPerUser: 1.5 }, RangeError, /^maxSessionsPerUser: /],
    ['an unknown time of last-seen writes', { lastSeenWrites: 'never' }, TypeError, /^lastSeenWrites: /],
    ['a promise for waitUntil', { waitUntil: Promise.resolve() }, TypeError, /^waitUntil: /],
    ['an empty issuer', { issuer: '' }, TypeError, /^issuer: /],
    ['an empty audience', { audience: [] }, TypeError, /^audience: /],
    ['SQL for a table', { table: 'a; drop table b' }, RangeError, /^table: /],
    ['a schema on SQLite', { table: 'auth.sessions' }, RangeError, /^table: SQLite has no schemas/],
    ['three names for a table', { table: 'a.b.c' }, RangeError, /^table: /],
    ['a cache with null for its bus', { cache: memoryCache({ max: 1 }), bus: null }, TypeError, /^bus: /],
    ['an object that is no bus', { bus: {} }, TypeError, /^bus: /],
    ['null for no cache', { cache: null }, TypeError, /^cache: /],
    ['an object that is no cache', { cache: { max: 1 } }, TypeError, /^cache: /],
    ['a time instead of a clock', { clock: 5 }, TypeError, /^clock: /],
    ['a lifetime that no database can write', { lifetime: '8500y' }, RangeError, /^lifetime: must be at most 1000y/],
    ['a database that is not a Kysely instance', { db: {} }, TypeError, /^db: /],
    ['no database', { db: undefined }, TypeError, /^db: /],
    ['an empty secret', { keys: '' }, RangeError, /^keys: /],
    ['no key in the list', { keys: [] }, TypeError, /^keys: /],
    [
      'a mistyped option',
      { lifeTime: '1d' },
      TypeError,
      /^createSessionManager: unknown option "lifeTime"; .*lifetime/,
    ],
  ])('%s', (_, option, kind, message) => {
    const make = (): unknown => createSessionManager({ db, keys, ...option });
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  test('a function that returns a wrong cap fails the sign-in, not the manager', async () => {
    const { maxSessions } = readOptions({ db, keys, maxSessionsPerUser: () => Number.NaN });
    await expect(maxSessions?.('u1', { claims: {} })).rejects.toThrow(/^maxSessionsPerUser: /);
  });
});

test.each([null, {}, true, { version: 1 }])('a cache refuses the guard %j, which would detect nothing', (guard) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript passes anything
  expect(() => memoryCache({ max: 1, guard: guard as never })).toThrow(/^cache: guard: /);
});

test('the cap is 100 sessions a user by default, and Infinity lifts it', async () => {
  await expect(readOptions({ db, keys }).maxSessions?.('u1', { claims: {} })).resolves.toBe(100);
  expect(readOptions({ db, keys, maxSessionsPerUser: Infinity }).maxSessions).toBeUndefined();
});

test('every option may be undefined but db', () => {
  const names = [
    'readDb',
    'keys',
    'issuer',
    'audience',
    'lifetime',
    'idleTimeout',
    'touchInterval',
    'maxSessionsPerUser',
  ];
  names.push('clockTolerance', 'cache', 'bus', 'table', 'clock');
  const options = Object.fromEntries(names.map((name) => [name, undefined]));
  expect(() => createSessionManager({ db, keys, ...options })).not.toThrow();
});

test.each<[string, (options: object) => unknown]>([
  ['memoryCache', (options) => memoryCache({ max: 1, ...options })],
  ['createMigrations', (options) => createMigrations(options)],
])('%s refuses an unknown option by name', (name, call) => {
  expect(() => call({ tabel: 'x' })).toThrow(new RegExp(`^${name}: unknown option "tabel"`));
});

test('migrateToLatest refuses an unknown option by name', async () => {
  const options: object = { tabel: 'x' };
  await expect(migrateToLatest(db, options)).rejects.toThrow(/^migrateToLatest: unknown option "tabel"/);
});
