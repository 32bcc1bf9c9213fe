import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type DialectAdapter,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import { isMariadb } from '../store/dialects/mysql.ts';
import { migrateToLatest } from '../store/migrations.ts';
import { openDatabase, readUrl } from './database-url.ts';
import { UsageError } from './explain-error.ts';

/** A dialect of SQL. MySQL and MariaDB differ in the name of the collation of user ids. */
export type SqlDialect = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

/** The parts of Kysely that write a dialect's SQL. */
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
 * Reads `--dialect`. Without it, the `DATABASE_URL` decides.
 *
 * @throws {UsageError} the dialect is unknown, or both are missing
 */
export async function readSqlDialect(name: string | undefined, url: string | undefined): Promise<SqlDialect> {
  if (name !== undefined) {
    if (isSqlDialect(name)) return name;
    throw new UsageError(`--dialect: expected one of ${Object.keys(writers).join(', ')}`);
  }
  if (url === undefined || url === '') throw new UsageError('--sql needs --dialect when DATABASE_URL is not set');
  const { dialect } = readUrl(url);
  if (dialect !== 'mysql') return dialect;
  const db = await openDatabase(url);
  try {
    return (await isMariadb(db)) ? 'mariadb' : 'mysql';
  } finally {
    await db.destroy();
  }
}

function isSqlDialect(name: string): name is SqlDialect {
  return Object.hasOwn(writers, name);
}

/**
 * Writes the SQL that migrating an empty database runs, the migrator's log included. After somebody has run it, `migrate`
 * finds nothing to do.
 */
export async function writeMigrations(dialect: SqlDialect, table: string): Promise<readonly string[]> {
  const statements: string[] = [];
  // Which of the two servers it is; and a schema exists, because somebody else creates it.
  const answers: Readonly<Record<string, object>> = {
    'version()': { version: dialect },
    'information_schema.schemata where': {},
    'pg_namespace where': {},
  };
  const connection: DatabaseConnection = {
    executeQuery<TRow>(query: CompiledQuery): Promise<QueryResult<TRow>> {
      // The migrator's reads and locks are left out. To them, the database is empty.
      if (!/^\s*(?:select|with|begin|commit)\b/.test(query.sql)) statements.push(inlined(query));
      const answer = Object.keys(answers).find((question) => query.sql.includes(question));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the questions select these columns
      return Promise.resolve({ rows: (answer === undefined ? [] : [answers[answer]]) as TRow[] });
    },
    // oxlint-disable-next-line require-yield -- nothing streams
    async *streamQuery() {
      await Promise.reject(new Error('not a database'));
    },
  };
  const empty: DatabaseIntrospector = {
    getSchemas: () => Promise.resolve([]),
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

/** The SQL of a query with its parameters in place. */
function inlined({ sql: text, parameters }: CompiledQuery): string {
  let next = 0;
  return parameters.length === 0 ? text : text.replace(/\?|\$\d+/g, () => literal(parameters[next++]));
}

function literal(value: unknown): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
