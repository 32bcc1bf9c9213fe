import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, type SessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, SqliteDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { inject } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase, type ServerDatabase } from '../support/database.ts';

/** A kind of database that the command line is tried on. */
export interface CliTarget {
  readonly name: string;
  readonly available: boolean;
  readonly howToEnable: string;
  /** What `--sql` may say that it wrote for. */
  readonly dialects: readonly string[];
  /** An empty database: not even the table. */
  create(): Promise<ServerDatabase>;
  open(url: string): Dialect;
  /** Runs a script of several statements, as the database's own shell would. */
  runScript(url: string, script: string): Promise<void>;
}

/** A folder that is gone afterwards. */
export async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'trpc-sessions-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const fileOf = (url: string): string => url.replace(/^file:/, '');

export const sqlite: CliTarget = {
  name: 'SQLite',
  available: true,
  howToEnable: '',
  dialects: ['sqlite'],
  async create() {
    const folder = await createFolder();
    return { url: `file:${join(folder.path, 'app.db')}`, dispose: async () => folder[Symbol.asyncDispose]() };
  },
  open: (url) => new SqliteDialect({ database: new SqliteDatabase(fileOf(url)) }),
  async runScript(url, script) {
    const database = new SqliteDatabase(fileOf(url));
    database.exec(script);
    database.close();
  },
};

export const postgres: CliTarget = {
  name: 'PostgreSQL',
  available: inject('postgresUrl') !== null,
  howToEnable: 'install postgresql, or set POSTGRES_URL',
  dialects: ['postgres'],
  create: createPostgresDatabase,
  open(url) {
    const pool = new pg.Pool({ connectionString: url });
    // Dropping the database ends the connections that the pool has just let go of.
    pool.on('error', () => {});
    return new PostgresDialect({ pool });
  },
  async runScript(url, script) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(script);
    await client.end();
  },
};

export const mysql: CliTarget = {
  name: 'MariaDB',
  available: inject('mysqlUrl') !== null,
  howToEnable: 'install mariadb-server, or set MYSQL_URL',
  dialects: ['mysql', 'mariadb'],
  create: createMysqlDatabase,
  open: (url) => new MysqlDialect({ pool: createPool({ uri: url }) }),
  async runScript(url, script) {
    const connection = await createConnection({ uri: url, multipleStatements: true });
    await connection.query(script);
    await connection.end();
  },
};

/** A database, and the manager of an app that has it. */
export interface AppDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Kysely<SessionsDatabase>;
  /** A manager whose clock is this much behind: what it issues is that old. Of the app's table, or of another one. */
  manager(behind?: number, table?: string): SessionManager;
}

export async function createApp(target: CliTarget, appTable = 'sessions'): Promise<AppDatabase> {
  const { url, dispose } = await target.create();
  const db = new Kysely<SessionsDatabase>({ dialect: target.open(url) });
  return {
    url,
    db,
    manager: (behind = 0, table = appTable) =>
      createSessionManager({
        db,
        table,
        keys: 'a secret of more than thirty-two bytes',
        lifetime: '30d',
        clock: () => Date.now() - behind,
      }),
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await dispose();
    },
  };
}
