import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresQueryCompiler,
  sql,
  SqliteAdapter,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type DialectAdapter,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import { openDatabase, readUrl } from './database-url.ts';
import { UsageError } from './output.ts';
import { migrateToLatest } from '../store/migrations.ts';
import { parseTableName } from '../store/table-name.ts';

/** A database to write SQL for. MySQL and MariaDB have each their own name for the collation of user ids. */
export type SqlDialect = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

/** What a dialect's SQL is written with. */
interface Writer {
  readonly adapter: new () => DialectAdapter;
  readonly compiler: new () => QueryCompiler;
}

const mysql: Writer = { adapter: MysqlAdapter, compiler: MysqlQueryCompiler };
const writers: Readonly<Record<SqlDialect, Writer>> = {
  sqlite: { adapter: SqliteAdapter, compiler: SqliteQueryCompiler },
  postgres: { adapter: PostgresAdapter, compiler: PostgresQueryCompiler },
  mysql,
  mariadb: mysql,
};

/**
 * Tells which SQL to write: what was asked for, or else what the database of the `DATABASE_URL` speaks.
 *
 * @throws {UsageError} there is no such dialect, or neither name nor URL
 */
export async function sqlDialectOf(name: string | undefined, url: string | undefined): Promise<SqlDialect> {
  if (name !== undefined) {
    if (isSqlDialect(name)) return name;
    throw new UsageError(`--dialect: expected one of ${Object.keys(writers).join(', ')}`);
  }
  if (url === undefined || url === '') throw new UsageError('--sql needs a --dialect where DATABASE_URL is not set');
  const { dialect } = readUrl(url);
  if (dialect !== 'mysql') return dialect;
  const db = await openDatabase(url);
  try {
    return await askMysqlOrMariadb(db);
  } finally {
    await db.destroy();
  }
}

function isSqlDialect(name: string): name is SqlDialect {
  return Object.hasOwn(writers, name);
}

/** Asks a server which of the two it is: only it can tell, whatever the scheme of its URL. */
async function askMysqlOrMariadb<TDatabase>(db: Kysely<TDatabase>): Promise<'mysql' | 'mariadb'> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  return /mariadb/i.test(rows[0]?.version ?? '') ? 'mariadb' : 'mysql';
}

/**
 * Writes what migrating an empty database would run, the migrator's log included, so that `migrate` finds nothing left
 * to do once it has been run by hand.
 */
export async function writeMigrations(dialect: SqlDialect, table: string): Promise<readonly string[]> {
  const statements: string[] = [];
  const { schema } = parseTableName(table);
  // The questions whose answers matter: which server MySQL's migration is for, and whether the schema is there.
  const answers: Readonly<Record<string, object>> = {
    'version()': { version: dialect },
    'information_schema.schemata': { schema_name: schema },
  };
  const connection: DatabaseConnection = {
    executeQuery<TRow>(query: CompiledQuery): Promise<QueryResult<TRow>> {
      // The migrator's reads and locks are not part of it: to them, the database is empty.
      if (!/^\s*(?:select|with|begin|commit)\b/.test(query.sql)) statements.push(inlined(query));
      const answer = Object.keys(answers).find((question) => query.sql.includes(question));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the question is for
      return Promise.resolve({ rows: (answer === undefined ? [] : [answers[answer]]) as TRow[] });
    },
    // oxlint-disable-next-line require-yield -- nothing is streamed
    async *streamQuery() {
      await Promise.reject(new Error('not a database'));
    },
  };
  const empty: DatabaseIntrospector = {
    getSchemas: () => Promise.resolve(schema === undefined ? [] : [{ name: schema }]),
    getTables: () => Promise.resolve([]),
  };
  const { adapter: Adapter, compiler: Compiler } = writers[dialect];
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => Object.assign(new DummyDriver(), { acquireConnection: () => Promise.resolve(connection) }),
      createIntrospector: () => empty,
      createQueryCompiler: () => new Compiler(),
    },
  });
  await migrateToLatest(db, { table });
  return statements;
}

/** The SQL of a query with its parameters written in. */
function inlined({ sql: text, parameters }: CompiledQuery): string {
  let next = 0;
  return parameters.length === 0 ? text : text.replace(/\?|\$\d+/g, () => literal(parameters[next++]));
}

function literal(value: unknown): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
