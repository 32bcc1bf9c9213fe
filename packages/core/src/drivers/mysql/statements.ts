import type { MysqlPool, MysqlPoolConnection, MysqlQueryResult } from 'kysely';
import { parseTimeout, type Duration } from '../../duration.ts';
import { requireKnownOptions } from '../../known-options.ts';
import { isStatement } from '../statement-mark.ts';
import { hasFunctions } from '../has-functions.ts';

type Callback = (error: unknown, result: MysqlQueryResult) => void;

/** The options of {@link reuseStatements}. */
export interface ReuseStatementsOptions {
  /**
   * How long any query of the pool waits while the server sends nothing. Then it fails, and its connection is replaced.
   * `mysql2` has no such option for a pool. @defaultValue no limit
   */
  readonly queryTimeout?: Duration | undefined;
}

/**
 * Wraps a pool of `mysql2` so that each connection prepares the session manager's statements once. The app's own
 * queries stay as they are. A connection that breaks in use rejects its query, and does not end the process.
 *
 * @throws {TypeError | RangeError} it is not a pool of `mysql2`, or an option is wrong
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
export function reuseStatements(pool: MysqlPool, options: ReuseStatementsOptions = {}): MysqlPool {
  requirePool(pool);
  requireKnownOptions('reuseStatements', options, { queryTimeout: true });
  const { queryTimeout } = options;
  const timeout = queryTimeout === undefined ? undefined : parseTimeout('queryTimeout', queryTimeout);
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
          wrapped.set(connection, (wrapper = executeStatements(connection, timeout)));
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

/** How `mysql2` takes a query with a time limit, in milliseconds. */
interface LimitedQuery {
  readonly sql: string;
  readonly timeout: number | undefined;
}

function executeStatements(connection: MysqlPoolConnection, timeout: number | undefined): MysqlPoolConnection {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `mysql2` has these; Kysely's interface leaves them out
  const limited = connection as unknown as Record<
    'execute' | 'query',
    (query: LimitedQuery, values: unknown, callback: Callback) => ReturnType<MysqlPoolConnection['query']>
  >;

  /** The connection of a silent server still waits for its answer: the next query would wait behind it. */
  function destroyIfSilent(callback: Callback): Callback {
    return (error, result) => {
      if (isTimeout(error)) connection.destroy();
      callback(error, result);
    };
  }

  return {
    config: connection.config,
    get threadId() {
      return connection.threadId;
    },
    connect: (callback) => connection.connect(callback),
    destroy: () => connection.destroy(),
    release: () => connection.release(),
    query(text, values: unknown, callback) {
      if (callback === undefined) return connection.query(text, values, callback);
      return limited[isStatement(text) ? 'execute' : 'query'](
        { sql: text, timeout },
        values,
        destroyIfSilent(callback),
      );
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'PROTOCOL_SEQUENCE_TIMEOUT';
}
