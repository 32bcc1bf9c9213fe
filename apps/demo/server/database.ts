import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reuseStatements as reuseMysqlStatements } from '@trpc-sessions/core/mysql';
import { reuseStatements as reusePostgresStatements } from '@trpc-sessions/core/postgres';
import { reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import pg from 'pg';
import type { Database } from './schema.ts';

/** Opens the database that a `DATABASE_URL` names. */
export function openDatabase(url: string): Kysely<Database> {
  return new Kysely<Database>({ dialect: dialectOf(url) });
}

function dialectOf(url: string): Dialect {
  const [scheme] = url.split(':', 1);
  switch (scheme) {
    case 'file':
      return new SqliteDialect({ database: reuseStatements(openFile(fileOf(url))) });
    case 'postgres':
    case 'postgresql': {
      const pool = new pg.Pool({ connectionString: url });
      // The pool replaces a connection that breaks while idle; without a listener, its error would end the process.
      pool.on('error', (error) => console.warn(`a database connection was lost: ${error.message}`));
      return new PostgresDialect({ pool: reusePostgresStatements(pool) });
    }
    case 'mysql':
    case 'mariadb':
      return new MysqlDialect({ pool: reuseMysqlStatements(createPool({ uri: url })) });
    default:
      throw new Error(`DATABASE_URL: cannot open "${scheme}:"; use file:…, postgres://… or mysql://…`);
  }
}

function openFile(file: string): SqliteDatabase.Database {
  mkdirSync(dirname(file), { recursive: true });
  const sqlite = new SqliteDatabase(file);
  // Readers and the writer do not wait for each other, and a commit survives a crash of the process.
  switchToWal(sqlite);
  sqlite.pragma('synchronous = NORMAL');
  return sqlite;
}

/** Switches the file for good. SQLite does not wait for another process that switches a new file at the same time. */
function switchToWal(sqlite: SqliteDatabase.Database, attempts = 50): void {
  try {
    sqlite.pragma('journal_mode = WAL');
  } catch (error) {
    if (attempts === 0) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    switchToWal(sqlite, attempts - 1);
  }
}

/** The path of a `file:` URL. It may be relative, as in `file:demo.db`. */
export function fileOf(url: string): string {
  return url.startsWith('file:///') ? fileURLToPath(url) : resolve(url.slice('file:'.length));
}
