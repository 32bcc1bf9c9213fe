import {
  Kysely,
  SqliteDialect,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type SqliteDatabase,
} from 'kysely';
import type { SessionsDatabase } from '../store/schema.ts';

type Row = Readonly<Record<string, unknown>>;

/** Intercepts a query between Kysely and SQLite: it may change the answer, or lose it. */
export type Intercept = (query: CompiledQuery, run: () => Promise<QueryResult<Row>>) => Promise<QueryResult<Row>>;

/**
 * Creates a SQLite database whose driver a test intercepts.
 *
 * @param onCommit - called after a transaction has committed: its caller gets the error that this throws
 */
export function intercepted(
  database: SqliteDatabase,
  intercept: Intercept,
  onCommit: () => void = () => {},
): Kysely<SessionsDatabase> {
  const dialect = new SqliteDialect({ database });
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = (connection: DatabaseConnection): DatabaseConnection => inner.get(connection) ?? connection;

  function wrap(connection: DatabaseConnection): DatabaseConnection {
    const wrapper: DatabaseConnection = {
      streamQuery: (...args) => connection.streamQuery(...args),
      async executeQuery<TRow>(query: CompiledQuery) {
        const result = await intercept(query, () => connection.executeQuery<Row>(query));
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the caller names the type of the rows
        return result as QueryResult<TRow>;
      },
    };
    inner.set(wrapper, connection);
    return wrapper;
  }

  function createDriver(): Driver {
    const driver = dialect.createDriver();
    return {
      init: () => driver.init(),
      destroy: () => driver.destroy(),
      acquireConnection: async () => wrap(await driver.acquireConnection()),
      releaseConnection: (connection) => driver.releaseConnection(innerOf(connection)),
      beginTransaction: (connection, settings) => driver.beginTransaction(innerOf(connection), settings),
      async commitTransaction(connection) {
        await driver.commitTransaction(innerOf(connection));
        onCommit();
      },
      rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)).catch(() => {}),
    };
  }

  return new Kysely<SessionsDatabase>({
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createDriver,
    },
  });
}
