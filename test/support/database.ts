import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrateToLatest, type AppDatabase, type CacheGuard, type SessionsDatabase } from '@trpc-sessions/core';
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
  PostgresDialect,
  sql,
  SqliteDialect,
  type CompiledQuery,
  type Dialect,
  type KyselyPlugin,
} from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabasePool, type OpenDatabase, type TableShape } from './database-pool.ts';
import { rawMysql, rawPostgres, type RawDatabase } from './raw-database.ts';
import { slow } from './optional.ts';
import { withoutTransactions } from './without-transactions.ts';

/** A database for one test: migrated, empty, and with a record of its queries. */
export interface TestDatabase extends AsyncDisposable {
  /** As an app has it, with the app's plugins. */
  readonly db: Kysely<SessionsDatabase>;
  /** The `db` option of a manager: the same database, as its driver has it for some targets. */
  readonly own: AppDatabase<SessionsDatabase>;
  /** The `table` option that it needs. */
  readonly table: string;
  /** To create other Kyselys on the same database. */
  readonly dialect: Dialect;
  /** The same database without plugins. */
  readonly plain: Kysely<SessionsDatabase>;
  /** The SQL of each query since the last call of {@link clearQueries}. */
  readonly queries: readonly string[];
  /** The same queries with their parameters. */
  readonly compiledQueries: readonly CompiledQuery[];
  clearQueries(): void;
  /** Informs a cache of every write, if the database can. */
  readonly guard?: CacheGuard;
}

/** A kind of database that the conformance suite runs on. */
export interface DatabaseTarget {
  readonly name: string;
  readonly dialect: 'sqlite' | 'postgres' | 'mysql';
  /** Whether its driver begins no transaction, and runs each statement on any connection. */
  readonly withoutTransactions?: true;
  /** Whether this machine has it. */
  readonly available: boolean;
  readonly howToEnable: string;
  create(): Promise<TestDatabase>;
}

interface TestDatabaseOptions {
  readonly plugins?: KyselyPlugin[];
  /** The schema of the table, and of the app's Kysely. */
  readonly schema?: string | undefined;
  /** The database as its driver has it. */
  readonly raw?: RawDatabase | undefined;
  /** Listens to all queries of the driver. Not all of them are the Kysely's. @defaultValue those of the Kysely are counted */
  readonly listen?: RawDatabase['listen'] | undefined;
  dispose?(): Promise<void>;
}

/** @param dialect - of a migrated database */
function createTestDatabase(dialect: Dialect, options: TestDatabaseOptions = {}): TestDatabase {
  const { plugins = [], schema, raw, listen } = options;
  const queries: string[] = [];
  const compiledQueries: CompiledQuery[] = [];
  const app = new Kysely<SessionsDatabase>({
    dialect,
    plugins,
    log({ query }) {
      if (listen === undefined) queries.push(query.sql);
      compiledQueries.push(query);
    },
  });
  const db = schema === undefined ? app : app.withSchema(schema);
  raw?.listen((text) => void queries.push(text));
  listen?.((text) => void queries.push(text));
  return {
    db,
    own: raw?.database ?? db,
    dialect,
    table: schema === undefined ? 'sessions' : `${schema}.sessions`,
    plain: schema === undefined ? app.withoutPlugins() : app.withoutPlugins().withSchema(schema),
    queries,
    compiledQueries,
    clearQueries() {
      queries.length = 0;
      compiledQueries.length = 0;
    },
    async [Symbol.asyncDispose]() {
      await app.destroy();
      await options.dispose?.();
    },
  };
}

const everywhere = { available: true, howToEnable: '' } as const;
const sqliteEverywhere = { dialect: 'sqlite', ...everywhere } as const;

/** A migrated database of SQLite, as bytes to open copies of. */
let migratedSqlite: Buffer | undefined;

async function createSqlite(file = ':memory:', options: SqliteDatabase.Options = {}): Promise<SqliteDatabase.Database> {
  if (migratedSqlite === undefined || file !== ':memory:') {
    const database = new SqliteDatabase(file, options);
    await migrateToLatest(new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) }));
    if (file !== ':memory:') return database;
    migratedSqlite = database.serialize();
  }
  return new SqliteDatabase(migratedSqlite, options);
}

/** A database that reports each query to a listener. */
async function createHeardSqlite(): Promise<RawDatabase & { readonly database: SqliteDatabase.Database }> {
  let listener: ((text: string) => void) | undefined;
  const database = await createSqlite(':memory:', { verbose: (text) => listener?.(String(text)) });
  return { database, listen: (listen) => void (listener = listen) };
}

// Each database runs in every run, and so do the ways that most apps hand it over. The other ways are slow suites.

export const sqlite: DatabaseTarget = {
  name: 'SQLite',
  ...sqliteEverywhere,
  create: async () => createTestDatabase(new SqliteDialect({ database: await createSqlite() })),
};

export const sqliteReusingStatements: DatabaseTarget = slow({
  name: 'SQLite, statements reused',
  ...sqliteEverywhere,
  async create() {
    const { database, listen } = await createHeardSqlite();
    return createTestDatabase(new SqliteDialect({ database: reuseStatements(database) }), { listen });
  },
});

export const sqliteDatabase: DatabaseTarget = {
  name: 'a Database of better-sqlite3',
  ...sqliteEverywhere,
  async create() {
    const raw = await createHeardSqlite();
    return createTestDatabase(new SqliteDialect({ database: raw.database }), { raw });
  },
};

export const sqliteCamelCase: DatabaseTarget = slow({
  name: 'SQLite, under CamelCasePlugin',
  ...sqliteEverywhere,
  create: async () =>
    createTestDatabase(new SqliteDialect({ database: await createSqlite() }), { plugins: [new CamelCasePlugin()] }),
});

export const sqliteWithoutTransactions: DatabaseTarget = {
  name: 'SQLite without transactions',
  ...sqliteEverywhere,
  withoutTransactions: true,
  create: async () => createTestDatabase(withoutTransactions(new SqliteDialect({ database: await createSqlite() }))),
};

/** A guard needs a connection of its own, and so a file to connect to. */
export const sqliteGuarded: DatabaseTarget = {
  name: 'SQLite, under dataVersionGuard',
  ...sqliteEverywhere,
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-sqlite-'));
    const file = join(folder, 'app.db');
    const database = await createSqlite(file);
    database.pragma('journal_mode = WAL');
    const watching = new SqliteDatabase(file, { readonly: true });
    const dispose = async (): Promise<void> => {
      watching.close();
      await rm(folder, { recursive: true });
    };
    const dialect = new SqliteDialect({ database: reuseStatements(database) });
    return { ...createTestDatabase(dialect, { dispose }), guard: dataVersionGuard(watching) };
  },
};

// Not a count: each test file of a worker would begin it again, while the databases of the file before still exist.
const uniqueName = (): string => `${inject('databasePrefix')}${randomBytes(6).toString('hex')}`;

/** An empty database on a server, for one test. */
export interface ServerDatabase {
  readonly url: string;
  /** Drops it, or empties it for another test. The end of the run drops all. */
  dispose(): Promise<void>;
}

interface PostgresDatabase extends ServerDatabase {
  /** Drops it, with the statements that are under way. */
  drop(): Promise<void>;
}

/** Runs statements on a connection of their own. */
async function administerPostgres(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Leaves a database as `create database` makes it. */
const emptyPostgres = `
  do $$ declare name text; begin
    for name in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
      execute format('drop schema %I cascade', name);
    end loop;
    create schema public;
    grant usage on schema public to public;
  end $$
`;

const endOtherConnections = `
  select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
`;

/** To create a database takes longer than most tests: so another test gets one that a test has left. */
const idlePostgres: string[] = [];

export async function createPostgresDatabase(): Promise<PostgresDatabase> {
  const name = idlePostgres.pop() ?? (await createNewPostgres());
  const server = inject('postgresUrl') ?? '';
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  return {
    url,
    async dispose() {
      await administerPostgres(url, endOtherConnections, emptyPostgres);
      idlePostgres.push(name);
    },
    drop: () => administerPostgres(server, `drop database ${name} with (force)`),
  };
}

async function createNewPostgres(): Promise<string> {
  const name = uniqueName();
  await administerPostgres(inject('postgresUrl') ?? '', `create database ${name}`);
  return name;
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

/** A target whose databases serve one test after another. */
export function pooled(
  target: Omit<DatabaseTarget, 'create'>,
  open: () => Promise<OpenDatabase>,
  schema?: string,
): DatabaseTarget {
  const pool = createDatabasePool(open, schema);
  return {
    ...target,
    async create() {
      const { dialect, raw, release } = await pool.take();
      return createTestDatabase(dialect, { schema, raw, dispose: release });
    },
  };
}

async function listPostgresTables(db: Kysely<SessionsDatabase>): Promise<readonly TableShape[]> {
  const { rows } = await sql<TableShape>`
    select quote_ident(n.nspname) || '.' || quote_ident(t.relname) as name,
      concat_ws(' ', (select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = t.oid),
        (select count(*) from pg_index where indrelid = t.oid), t.relhastriggers) as shape
    from pg_class t join pg_namespace n on n.oid = t.relnamespace
    where t.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
    order by t.oid
  `.execute(db);
  return rows;
}

async function listMysqlTables(db: Kysely<SessionsDatabase>): Promise<readonly TableShape[]> {
  const { rows } = await sql<TableShape>`
    select concat('\`', table_name, '\`') as name,
      group_concat(column_name, ' ', column_type, ' ', column_key order by ordinal_position) as shape
    from information_schema.columns where table_schema = database()
    group by table_name order by table_name
  `.execute(db);
  return rows;
}

interface ServerOptions {
  /** Whether the pool goes through `reuseStatements`. */
  readonly reuse?: boolean;
  readonly schema?: string;
  /** Whether it is as behind HTTP. */
  readonly isHttp?: boolean;
  /** Whether the manager gets the pool itself. */
  readonly isRaw?: boolean;
}

function postgresWith(
  name: string,
  { reuse = false, schema, isHttp = false, isRaw = false }: ServerOptions = {},
): DatabaseTarget {
  const available = inject('postgresUrl') !== null;
  return pooled(
    {
      name,
      dialect: 'postgres',
      available,
      howToEnable: 'install postgresql, or set POSTGRES_URL',
      ...(isHttp && { withoutTransactions: true }),
    },
    async () => {
      const { url, drop } = await createPostgresDatabase();
      const pool = new pg.Pool({ connectionString: url, max: 10 });
      // Dropping the database ends its connections.
      pool.on('error', () => {});
      const dialect = new PostgresDialect({ pool: reuse ? reusePostgresStatements(pool) : pool });
      return {
        dialect: isHttp ? withoutTransactions(dialect) : dialect,
        listTables: listPostgresTables,
        dropTables: async (db) => void (await sql.raw(emptyPostgres).execute(db)),
        ...(isRaw && { raw: rawPostgres(pool) }),
        close: drop,
      };
    },
    schema,
  );
}

export const postgres: DatabaseTarget = postgresWith('PostgreSQL');
export const postgresReusingStatements: DatabaseTarget = slow(
  postgresWith('PostgreSQL, statements reused', { reuse: true }),
);
export const postgresInSchema: DatabaseTarget = slow(postgresWith('PostgreSQL, in a schema', { schema: 'auth' }));
export const postgresPool: DatabaseTarget = postgresWith('a Pool of pg', { isRaw: true });
/** As Neon is over HTTP. */
export const postgresWithoutTransactions: DatabaseTarget = slow(
  postgresWith('PostgreSQL without transactions', { isHttp: true }),
);

function mysqlWith(name: string, { reuse = false, isRaw = false }: ServerOptions = {}): DatabaseTarget {
  const available = inject('mysqlUrl') !== null;
  return pooled(
    { name, dialect: 'mysql', available, howToEnable: 'install mariadb-server and set SLOW=1, or set MYSQL_URL' },
    async () => {
      const { url, dispose } = await createMysqlDatabase();
      const pool = createPool({ uri: url, connectionLimit: 10 });
      return {
        dialect: new MysqlDialect({ pool: reuse ? reuseMysqlStatements(pool) : pool }),
        listTables: listMysqlTables,
        ...(isRaw && { raw: rawMysql(pool) }),
        async close() {
          await new Promise((resolve) => pool.end(resolve));
          await dispose();
        },
      };
    },
  );
}

export const mysql: DatabaseTarget = mysqlWith('MariaDB');
export const mysqlReusingStatements: DatabaseTarget = mysqlWith('MariaDB, statements reused', { reuse: true });

export const mysqlPool: DatabaseTarget = mysqlWith('a pool of mysql2', { isRaw: true });

/** PGlite takes seconds to make a data folder: so the first run keeps one, for the later runs. */
async function openPglite(): Promise<PGlite> {
  const modules = new URL('../node_modules/', import.meta.url);
  const { version } = JSON.parse(await readFile(new URL('@electric-sql/pglite/package.json', modules), 'utf8'));
  const kept = new URL(`.cache/pglite-${version}.tar`, modules);
  if (existsSync(kept)) return new PGlite({ loadDataDir: new Blob([await readFile(kept)]) });
  const database = new PGlite();
  await database.waitReady;
  const folder = await database.dumpDataDir('none');
  await mkdir(new URL('.', kept), { recursive: true });
  // Another run may read it at the same time.
  const unfinished = new URL(`${kept.href}.${process.pid}`);
  await writeFile(unfinished, Buffer.from(await folder.arrayBuffer()));
  await rename(unfinished, kept);
  return database;
}

export const pglite: DatabaseTarget = pooled(slow({ name: 'PGlite', dialect: 'postgres', ...everywhere }), async () => {
  const database = await openPglite();
  return {
    dialect: new PGliteDialect({ pglite: database }),
    listTables: listPostgresTables,
    // It takes seconds to start another one.
    dropTables: async () =>
      void (await database.exec(
        'drop schema if exists auth cascade; drop schema public cascade; create schema public',
      )),
    close: () => database.close(),
  };
});
