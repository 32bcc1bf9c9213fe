import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { isStatement } from '../../store/compiled-query.ts';

type Callback = (error: unknown, result: MysqlQueryResult) => void;

/**
 * Wraps a pool of `mysql2` so that each connection prepares the session manager's statements once. The app's own
 * queries are left alone. A connection that breaks while it is in use fails its query, and no longer the process.
 *
 * @see https://sidorares.github.io/node-mysql2/docs/documentation/prepared-statements
 *
 * @example
 * ```ts
 * import { reuseStatements } from '@trpc-sessions/core/mysql';
 * import { Kysely, MysqlDialect } from 'kysely';
 * import { createPool } from 'mysql2';
 *
 * const pool = createPool({ uri: process.env.DATABASE_URL! });
 * const db = new Kysely<MyDatabase>({ dialect: new MysqlDialect({ pool: reuseStatements(pool) }) });
 * ```
 */
export function reuseStatements(pool: MysqlPool): MysqlPool {
  // Kysely knows a connection by its object: each has one wrapper, always the same.
  const wrapped = new WeakMap<MysqlPoolConnection, MysqlPoolConnection>();
  return {
    getConnection(callback) {
      pool.getConnection((error, connection) => {
        if (error) {
          callback(error, connection);
          return;
        }
        let wrapper = wrapped.get(connection);
        if (wrapper === undefined) {
          hearErrors(connection);
          wrapped.set(connection, (wrapper = executeStatements(connection)));
        }
        callback(error, wrapper);
      });
    },
    end: (callback) => pool.end(callback),
  };
}

/** The pool hears the first error of a connection. A second, unheard, would end the process. */
function hearErrors(connection: MysqlPoolConnection): void {
  if ('on' in connection && typeof connection.on === 'function') {
    Reflect.apply(connection.on, connection, ['error', () => {}]);
  }
}

function executeStatements(connection: MysqlPoolConnection): MysqlPoolConnection {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Kysely does not ask of a connection, `mysql2` has
  const preparing = connection as unknown as {
    execute(text: string, values: unknown, callback: Callback): ReturnType<MysqlPoolConnection['query']>;
  };
  return {
    config: connection.config,
    get threadId() {
      return connection.threadId;
    },
    connect: (callback) => connection.connect(callback),
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query: (text, values: unknown, callback) =>
      callback !== undefined && isStatement(text)
        ? preparing.execute(text, values, callback)
        : connection.query(text, values, callback),
  };
}
