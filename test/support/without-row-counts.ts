import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';

/** A dialect whose driver leaves out how many rows a query changed, as Kysely allows. */
export function withoutRowCounts(dialect: Dialect): Dialect {
  const inner = new WeakMap<DatabaseConnection, DatabaseConnection>();
  const innerOf = (connection: DatabaseConnection): DatabaseConnection => inner.get(connection) ?? connection;

  function wrap(connection: DatabaseConnection): DatabaseConnection {
    const wrapper: DatabaseConnection = {
      streamQuery: (...args) => connection.streamQuery(...args),
      async executeQuery<TRow>(query: CompiledQuery): Promise<QueryResult<TRow>> {
        const { rows } = await connection.executeQuery<TRow>(query);
        return { rows };
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
      commitTransaction: (connection) => driver.commitTransaction(innerOf(connection)),
      rollbackTransaction: (connection) => driver.rollbackTransaction(innerOf(connection)),
    };
  }

  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver,
  };
}
