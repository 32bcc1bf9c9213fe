import SqliteDatabase from 'better-sqlite3';
import { createConnection, createPool } from 'mysql2';
import { createPool as createPromisePool } from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { reuseStatements as reuseMysql } from './mysql/statements.ts';
import { reuseStatements as reusePostgres } from './postgres/statements.ts';
import { reuseStatements as reuseSqlite } from './sqlite/statements.ts';

const run = (): unknown[] => [];

/** The shape of `DatabaseSync` of `node:sqlite`, and of `Database` of `bun:sqlite`. */
const otherSqlite = { prepare: () => ({ all: run, get: run, run, iterate: run }), exec: run, close: run };

/** The shape of a pool of the package `mysql`. */
const otherMysql = { getConnection: run, query: run, end: run };

const nothing = [undefined, null, 'a text', {}, () => Promise.resolve({})] as const;

describe.each<[string, (database: never) => unknown, RegExp, readonly unknown[]]>([
  ['SQLite', reuseSqlite, /^reuseStatements: expected a Database of better-sqlite3$/, [otherSqlite]],
  ['PostgreSQL', reusePostgres, /^reuseStatements: expected a Pool of pg$/, [new pg.Client()]],
  ['MySQL', reuseMysql, /^reuseStatements: expected a pool of mysql2, made by createPool of 'mysql2', /, [otherMysql]],
])('on %s', (_, reuse, message, others) => {
  test.each([...nothing, ...others])('reuseStatements refuses another database at once: %#', (database) => {
    expect(() => reuse(database as never)).toThrow(message);
    expect(() => reuse(database as never)).toThrow(TypeError);
  });
});

test('on MySQL, reuseStatements refuses a pool of promises, and a connection', async () => {
  const promises = createPromisePool({});
  // Its type fits.
  expect(() => reuseMysql(promises)).toThrow(/not of 'mysql2\/promise'$/);
  await promises.end();
  const connection = createConnection({ port: 1 });
  connection.on('error', () => {});
  // @ts-expect-error -- a pool is needed
  expect(() => reuseMysql(connection)).toThrow(TypeError);
  connection.destroy();
});

test.each<[object, string]>([
  [{ queryTimeout: 10 }, 'queryTimeout'],
  [{ queryTimeout: '10' }, 'queryTimeout'],
  [{ queryTimeout: '30d' }, 'queryTimeout'],
  [{ timeout: '10s' }, 'reuseStatements'],
])('on MySQL, reuseStatements refuses %j and names the option', async (options, name) => {
  const pool = createPool({});
  expect(() => reuseMysql(pool, options as never)).toThrow(new RegExp(`^${name}: `));
  await pool.promise().end();
});

test('reuseStatements accepts the databases of its drivers', async () => {
  const sqlite = new SqliteDatabase(':memory:');
  expect(() => reuseSqlite(sqlite)).not.toThrow();
  // Kysely's own interface.
  expect(() => reuseSqlite({ prepare: (text) => sqlite.prepare(text), close: () => sqlite.close() })).not.toThrow();
  expect(() => reusePostgres(new pg.Pool())).not.toThrow();
  const pool = createPool({});
  expect(() => reuseMysql(pool)).not.toThrow();
  await pool.promise().end();
});
