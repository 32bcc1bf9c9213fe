import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reuseStatements as reuseMysqlStatements } from '@trpc-sessions/core/mysql';
import { reuseStatements as reusePostgresStatements } from '@trpc-sessions/core/postgres';
import { reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, sql, SqliteDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import { errorLine } from './error-line.ts';
import { createPrivateFile, hideFromOthers } from './private-file.ts';
import type { Database } from './schema.ts';

/** Opens the database that a `DATABASE_URL` names. */
export function openDatabase(url: string): Kysely<Database> {
  return new Kysely<Database>({ dialect: dialectOf(url) });
}

/** Rejects if the database does not answer. */
export async function checkConnection(db: Kysely<Database>): Promise<void> {
  await sql`select 1`.execute(db);
}

/** The longest time to connect, in milliseconds: a server that is down or silent then fails the request. */
const connectTimeout = 5000;

function dialectOf(url: string): Dialect {
  const [scheme] = url.split(':', 1);
  switch (scheme) {
    case 'file':
      return new SqliteDialect({ database: reuseStatements(openFile(fileOf(url))) });
    case 'postgres':
    case 'postgresql': {
      const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: connectTimeout });
      // The pool replaces a connection that breaks while idle; without a listener, its error would end the process.
      pool.on('error', (error) => console.warn(`a database connection was lost: ${errorLine(error)}`));
      return new PostgresDialect({ pool: reusePostgresStatements(pool) });
    }
    case 'mysql':
    case 'mariadb':
      return new MysqlDialect({ pool: reuseMysqlStatements(createPool({ uri: url, connectTimeout })) });
    default:
      throw new Error('DATABASE_URL: use file:…, postgres://… or mysql://…');
  }
}

function openFile(file: string): SqliteDatabase.Database {
  createPrivateFile(file);
  // SQLite gives its other files the permissions of the first.
  for (const suffix of ['', '-wal', '-shm']) hideFromOthers(file + suffix);
  const sqlite = new SqliteDatabase(file);
  // Readers and the writer do not wait for each other, and a commit survives a crash of the process.
  switchToWal(sqlite);
  sqlite.pragma('synchronous = NORMAL');
  return sqlite;
}

/** Switches the file for good. SQLite does not wait for another process that switches a new file at the same time. */
function switchToWal(sqlite: SqliteDatabase.Database, deadline = performance.now() + connectTimeout): void {
  try {
    sqlite.pragma('journal_mode = WAL');
  } catch (error) {
    if (performance.now() >= deadline) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    switchToWal(sqlite, deadline);
  }
}

/** The path of a `file:` URL. It may be relative, as in `file:demo.db`. */
export function fileOf(url: string): string {
  return url.startsWith('file:///') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
}
