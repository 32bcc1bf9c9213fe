import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrateToLatest, type CacheGuard, type SessionsDatabase } from '@trpc-sessions/core';
import { reuseStatements as reuseMysqlStatements } from '@trpc-sessions/core/mysql';
import { reuseStatements as reusePostgresStatements } from '@trpc-sessions/core/postgres';
import { dataVersionGuard, reuseStatements } from '@trpc-sessions/core/sqlite';
import SqliteDatabase from 'better-sqlite3';
import { createPool } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import {
  CamelCasePlugin,
  Kysely,
  MysqlDialect,
  PGliteDialect,
  type PGliteDialectConfig,
  PostgresDialect,
  SqliteDialect,
  type CompiledQuery,
  type Dialect,
  type KyselyPlugin,
} from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';

/** A database for one test: migrated, empty, and every query it is asked is written down. */
export interface TestDatabase extends AsyncDisposable {
  /** As an app would have it, with whatever plugins. */
  readonly db: Kysely<SessionsDatabase>;
  /** The `table` option that it needs. */
  readonly table: string;
  /** The same database, plain. */
  readonly plain: Kysely<SessionsDatabase>;
  /** The SQL asked since the last call of {@link forgetQueries}. */
  readonly queries: readonly string[];
  forgetQueries(): void;
  /** The same queries, with their parameters. */
  readonly compiledQueries: readonly CompiledQuery[];
  /** What tells a cache of every write, where the database can. */
  readonly guard?: CacheGuard;
}

type PgliteLike = Exclude<PGliteDialectConfig['pglite'], (...args: never[]) => unknown>;

/** A kind of database that the conformance suite runs on. */
export interface DatabaseTarget {
  readonly name: string;
  /** Whether this machine has it, and how it would. */
  readonly available: boolean;
  readonly howToEnable: string;
  create(): Promise<TestDatabase>;
}

interface TestDatabaseOptions {
  readonly dispose?: () => Promise<void>;
  readonly plugins?: KyselyPlugin[];
  /** A schema to put the table in, also the one the app's Kysely is set to. */
  readonly schema?: string;
}

async function createTestDatabase(dialect: Dialect, options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { dispose, plugins = [], schema } = options;
  const queries: string[] = [];
  const compiledQueries: CompiledQuery[] = [];
  const app = new Kysely<SessionsDatabase>({
    dialect,
    plugins,
    log({ query }) {
      queries.push(query.sql);
      compiledQueries.push(query);
    },
  });
  const table = schema === undefined ? 'sessions' : `${schema}.sessions`;
  if (schema !== undefined) await app.schema.createSchema(schema).execute();
  const db = schema === undefined ? app : app.withSchema(schema);
  await migrateToLatest(db, { table });
  const forgetQueries = (): void => {
    queries.length = 0;
    compiledQueries.length = 0;
  };
  forgetQueries();
  return {
    db,
    table,
    plain: schema === undefined ? app.withoutPlugins() : app.withoutPlugins().withSchema(schema),
    queries,
    compiledQueries,
    forgetQueries,
    async [Symbol.asyncDispose]() {
      await app.destroy();
      await dispose?.();
    },
  };
}

const everywhere = { available: true, howToEnable: '' };

export const sqlite: DatabaseTarget = {
  name: 'SQLite',
  ...everywhere,
  create: () => createTestDatabase(new SqliteDialect({ database: new SqliteDatabase(':memory:') })),
};

export const sqliteReusingStatements: DatabaseTarget = {
  name: 'SQLite, statements reused',
  ...everywhere,
  create: () => createTestDatabase(new SqliteDialect({ database: reuseStatements(new SqliteDatabase(':memory:')) })),
};

/** A guard needs a connection of its own, and so a file to connect to. */
export const sqliteGuarded: DatabaseTarget = {
  name: 'SQLite, under dataVersionGuard',
  ...everywhere,
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-sqlite-'));
    const file = join(folder, 'app.db');
    const database = new SqliteDatabase(file);
    database.pragma('journal_mode = WAL');
    const watching = new SqliteDatabase(file, { readonly: true });
    const dispose = async (): Promise<void> => {
      watching.close();
      await rm(folder, { recursive: true });
    };
    const dialect = new SqliteDialect({ database: reuseStatements(database) });
    return { ...(await createTestDatabase(dialect, { dispose })), guard: dataVersionGuard(watching) };
  },
};

export const sqliteCamelCase: DatabaseTarget = {
  name: 'SQLite, under CamelCasePlugin',
  ...everywhere,
  create: () =>
    createTestDatabase(new SqliteDialect({ database: new SqliteDatabase(':memory:') }), {
      plugins: [new CamelCasePlugin()],
    }),
};

let databases = 0;
const uniqueName = (): string => `sessions_${process.pid}_${Date.now().toString(36)}_${(databases += 1)}`;

/** A database on a server: empty, and dropped at the end. */
export interface ServerDatabase {
  readonly url: string;
  dispose(): Promise<void>;
}

export async function createPostgresDatabase(): Promise<ServerDatabase> {
  const server = inject('postgresUrl') ?? '';
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client(server);
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  const database = uniqueName();
  await administer(`create database ${database}`);
  return {
    url: Object.assign(new URL(server), { pathname: `/${database}` }).href,
    dispose: () => administer(`drop database ${database} with (force)`),
  };
}

export async function createMysqlDatabase(): Promise<ServerDatabase> {
  const server = inject('mysqlUrl') ?? '';
  const administer = async (statement: string): Promise<void> => {
    const connection = await createConnection(server);
    await connection.query(statement);
    await connection.end();
  };
  const database = uniqueName();
  await administer(`create database ${database}`);
  return {
    url: Object.assign(new URL(server), { pathname: `/${database}` }).href,
    dispose: () => administer(`drop database ${database}`),
  };
}

interface ServerOptions extends TestDatabaseOptions {
  /** Whether the pool goes through `reuseStatements`. */
  readonly reuse?: boolean;
}

function postgresWith(name: string, { reuse = false, ...options }: ServerOptions = {}): DatabaseTarget {
  return {
    name,
    available: inject('postgresUrl') !== null,
    howToEnable: 'install postgresql, or set POSTGRES_URL',
    async create() {
      const { url, dispose } = await createPostgresDatabase();
      const pool = new pg.Pool({ connectionString: url, max: 10 });
      // Dropping the database ends the connections that the pool has just let go of.
      pool.on('error', () => {});
      const dialect = new PostgresDialect({ pool: reuse ? reusePostgresStatements(pool) : pool });
      return createTestDatabase(dialect, { dispose, ...options });
    },
  };
}

export const postgres: DatabaseTarget = postgresWith('PostgreSQL');
export const postgresReusingStatements: DatabaseTarget = postgresWith('PostgreSQL, statements reused', { reuse: true });
export const postgresInSchema: DatabaseTarget = postgresWith('PostgreSQL, in a schema', { schema: 'auth' });

function mysqlWith(name: string, { reuse = false }: ServerOptions = {}): DatabaseTarget {
  return {
    name,
    available: inject('mysqlUrl') !== null,
    howToEnable: 'install mariadb-server, or set MYSQL_URL',
    async create() {
      const { url, dispose } = await createMysqlDatabase();
      const pool = createPool({ uri: url, connectionLimit: 10 });
      const dialect = new MysqlDialect({ pool: reuse ? reuseMysqlStatements(pool) : pool });
      return createTestDatabase(dialect, { dispose });
    },
  };
}

export const mysql: DatabaseTarget = mysqlWith('MariaDB');
export const mysqlReusingStatements: DatabaseTarget = mysqlWith('MariaDB, statements reused', { reuse: true });

/** One takes seconds to start, and a moment to empty. */
const idlePglites: PGlite[] = [];

function takePglite(): PgliteLike {
  const taken = idlePglites.pop() ?? new PGlite();
  return {
    get ready() {
      return taken.ready;
    },
    waitReady: taken.waitReady,
    closed: false,
    query: (text, values, options) => taken.query(text, values, options),
    transaction: (work) => taken.transaction(work),
    async close() {
      await taken.exec('drop schema if exists auth cascade; drop schema public cascade; create schema public');
      idlePglites.push(taken);
    },
  };
}

export const pglite: DatabaseTarget = {
  name: 'PGlite',
  ...everywhere,
  create: () => createTestDatabase(new PGliteDialect({ pglite: takePglite() })),
};

export const allDatabases: readonly DatabaseTarget[] = [
  sqlite,
  sqliteReusingStatements,
  sqliteCamelCase,
  pglite,
  postgres,
  postgresReusingStatements,
  postgresInSchema,
  mysql,
  mysqlReusingStatements,
];
