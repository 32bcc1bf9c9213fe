import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { isStatement } from '../../store/compiled-query.ts';
import { hasFunctions } from '../has-functions.ts';

type Callback = (error: unknown, result: MysqlQueryResult) => void;

/**
 * Wraps a pool of `mysql2` so that each connection prepares the session manager's statements once. The app's own
 * queries stay as they are. A connection that breaks in use rejects its query, and does not end the process.
 *
 * @throws {TypeError} it is not a pool of `mysql2`
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
  requirePool(pool);
  // Kysely identifies a connection by its object: one wrapper for each.
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
          ignoreErrors(connection);
          wrapped.set(connection, (wrapper = executeStatements(connection)));
        }
        callback(error, wrapper);
      });
    },
    end: (callback) => pool.end(callback),
  };
}

/** A pool of `mysql2/promise` calls back never, and one of `mysql` prepares no statements. */
function requirePool(pool: unknown): void {
  if (hasFunctions(pool, 'getConnection', 'end', 'execute', 'promise')) return;
  throw new TypeError(
    "reuseStatements: expected a pool of mysql2, made by createPool of 'mysql2', not of 'mysql2/promise'",
  );
}

/** The pool listens for the first `error` of a connection only. A second one would end the process. */
function ignoreErrors(connection: MysqlPoolConnection): void {
  if (hasFunctions(connection, 'on')) connection.on('error', () => {});
}

function executeStatements(connection: MysqlPoolConnection): MysqlPoolConnection {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `mysql2` has `execute`; Kysely's interface leaves it out
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
