import type { DatabaseConnection, Dialect } from 'kysely';

/**
 * A dialect as of a database behind HTTP. Its driver begins no transaction, and each statement goes to any connection of
 * the pool. So nothing that belongs to a connection lasts.
 */
export function withoutTransactions(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const connection: DatabaseConnection = {
        async executeQuery(query, ...options) {
          if (/^\s*(?:begin|start|savepoint|commit|rollback)\b/i.test(query.sql))
            throw new Error(`refused: ${query.sql}`);
          const borrowed = await driver.acquireConnection();
          try {
            return await borrowed.executeQuery(query, ...options);
          } finally {
            await driver.releaseConnection(borrowed);
          }
        },
        streamQuery() {
          throw new Error('there are no cursors');
        },
      };
      const refuse = () => Promise.reject(new Error('Transactions are not supported yet.'));
      return {
        init: () => driver.init(),
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: refuse,
        commitTransaction: refuse,
        rollbackTransaction: refuse,
        releaseConnection: () => Promise.resolve(),
        destroy: () => driver.destroy(),
      };
    },
  };
}
