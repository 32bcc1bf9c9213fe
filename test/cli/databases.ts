import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, type SessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, MysqlDialect, PostgresDialect, sql, SqliteDialect, type Dialect } from 'kysely';
import { createPool } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { inject } from 'vitest';
import { createMysqlDatabase, createPostgresDatabase, type ServerDatabase } from '../support/database.ts';

/** A kind of database that the command line is tested on. */
export interface CliTarget {
  readonly name: string;
  readonly available: boolean;
  readonly howToEnable: string;
  /** The dialects that `--sql` may print for it. */
  readonly dialects: readonly string[];
  /** Creates a database without any table. */
  create(): Promise<ServerDatabase>;
  open(url: string): Dialect;
  /** Runs a script of several statements, as the database's own shell does. */
  runScript(url: string, script: string): Promise<void>;
}

/** Creates a folder. Disposing it removes it. */
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
  open(url) {
    const database = new SqliteDatabase(fileOf(url));
    // No test cuts the power.
    database.pragma('synchronous = off');
    return new SqliteDialect({ database });
  },
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
    // Dropping the database breaks the idle connections of the pool.
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
  howToEnable: 'install mariadb-server and set SLOW=1, or set MYSQL_URL',
  dialects: ['mysql', 'mariadb'],
  create: createMysqlDatabase,
  open: (url) => new MysqlDialect({ pool: createPool({ uri: url }) }),
  async runScript(url, script) {
    const connection = await createConnection({ uri: url, multipleStatements: true });
    await connection.query(script);
    await connection.end();
  },
};

/** An app: its database, its table and its managers. */
export interface AppDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Kysely<SessionsDatabase>;
  readonly table: string;
  /** Creates a manager whose clock is `behind` milliseconds behind, so that its sessions are that old. */
  manager(behind?: number, table?: string): SessionManager;
  countRows(): Promise<number>;
  /** Drops our index on a column, which must exist. */
  dropIndex(column: string): Promise<void>;
}

/** Creates an app with a database of its own, for tests about the database itself. */
export async function createApp(target: CliTarget): Promise<AppDatabase> {
  const { url, dispose } = await target.create();
  const db = new Kysely<SessionsDatabase>({ dialect: target.open(url) });
  return appOn(target, url, db, 'sessions', async () => {
    await db.destroy();
    await dispose();
  });
}

/** A database that the tests of a file share. */
export interface SharedDatabase extends AsyncDisposable {
  /** Creates an app with a table name of its own. Nothing creates the table. */
  createApp(): AppDatabase;
}

export async function createSharedDatabase(target: CliTarget): Promise<SharedDatabase> {
  const app = await createApp(target);
  let tables = 0;
  return {
    createApp: () => appOn(target, app.url, app.db, `app${(tables += 1)}_sessions`, () => Promise.resolve()),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

function appOn(
  target: CliTarget,
  url: string,
  db: Kysely<SessionsDatabase>,
  appTable: string,
  dispose: () => Promise<void>,
): AppDatabase {
  return {
    url,
    db,
    table: appTable,
    manager: (behind = 0, table = appTable) =>
      createSessionManager({
        db,
        table,
        keys: 'a secret of more than thirty-two bytes',
        lifetime: '30d',
        maxSessionsPerUser: Infinity,
        clock: () => Date.now() - behind,
      }),
    async countRows() {
      const { rows } = await sql<{ count: unknown }>`select count(*) as count from ${sql.table(appTable)}`.execute(db);
      return Number(rows[0]?.count);
    },
    async dropIndex(column) {
      const index = db.schema.dropIndex(`${appTable}_${column}`);
      await (target === mysql ? index.on(appTable) : index).execute();
    },
    [Symbol.asyncDispose]: dispose,
  };
}
