import type { Kysely, PostgresPool } from 'kysely';
import { sharedByCopies } from '../shared-by-copies.ts';
import type { DirectConnection } from './direct-connection.ts';
import { hasFunctions } from './has-functions.ts';
import { isMysql, openMysql, type AnyMysqlPool } from './mysql/database.ts';
import { isPostgres, openPostgres } from './postgres/database.ts';
import { openSqlite } from './sqlite/database.ts';
import { isSqlite, type SqliteDatabase } from './sqlite/sqlite-database.ts';

/**
 * A database of an app: a Kysely, or as its driver has it. That is a `Database` of better-sqlite3, a `Pool` of `pg`, or a pool of
 * `mysql2` or `mysql2/promise`.
 */
export type AppDatabase<TDatabase = unknown> = Kysely<TDatabase> | SqliteDatabase | PostgresPool | AnyMysqlPool;

/** Two Kyselys on one connection of SQLite would mix their transactions, so each database has one. */
const opened = sharedByCopies('kyselys', () => new WeakMap<object, unknown>());
const directs = sharedByCopies('direct-connections', () => new WeakMap<object, DirectConnection>());

/**
 * Returns a Kysely on a database of an app: the app's own, or one that reuses statements.
 *
 * @param option - the name of the option that has the database
 * @throws {TypeError} it is no such database
 */
export function kyselyOf<TDatabase>(option: string, database: AppDatabase<TDatabase>): Kysely<TDatabase> {
  if (isKysely(database)) return database;
  const existing = opened.get(database);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types of the tables are the caller's
  if (existing !== undefined) return existing as Kysely<TDatabase>;
  const db = open<TDatabase>(option, database);
  opened.set(database, db);
  return db;
}

/** The connection below a Kysely of ours, if it runs queries at once. An app's own Kysely shows none. */
export function directConnectionOf<TDatabase>(db: Kysely<TDatabase>): DirectConnection | undefined {
  return directs.get(db);
}

function isKysely<TDatabase>(database: AppDatabase<TDatabase>): database is Kysely<TDatabase> {
  return hasFunctions(database, 'selectFrom');
}

function open<TDatabase>(option: string, database: unknown): Kysely<TDatabase> {
  if (isSqlite(database)) {
    const { db, direct } = openSqlite<TDatabase>(database);
    directs.set(db, direct);
    return db;
  }
  if (isPostgres(database)) return openPostgres(database);
  if (isMysql(database)) return openMysql(database);
  throw new TypeError(`${option}: expected a Kysely, a Database of better-sqlite3, a Pool of pg, or a pool of mysql2`);
}
