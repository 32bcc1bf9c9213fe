import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { isStatement } from '../statement-mark.ts';
import { hasFunctions } from '../has-functions.ts';

/** How `pg` takes a prepared statement. */
interface NamedQueries {
  query(query: { readonly name: string; readonly text: string; readonly values: readonly unknown[] }): Promise<unknown>;
}

/**
 * Wraps a pool of `pg` so that each connection parses and plans the session manager's statements once. The app's own
 * queries stay as they are. A connection that breaks in use rejects its query, and does not end the process.
 *
 * A connection whose query exceeded the pool's `query_timeout` is replaced: `pg` alone would use it again, and each query on it
 * would wait for the answer that never came.
 *
 * Behind a pooler that does not support prepared statements, it leaves them off after the first one that fails.
 *
 * @throws {TypeError} it is not a pool of `pg`
 * @see https://node-postgres.com/features/queries#prepared-statements
 *
 * @example
 * ```ts
 * import { reuseStatements } from '@trpc-sessions/core/postgres';
 * import { Kysely, PostgresDialect } from 'kysely';
 * import { Pool } from 'pg';
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * const db = new Kysely<MyDatabase>({ dialect: new PostgresDialect({ pool: reuseStatements(pool) }) });
 * ```
 */
export function reuseStatements(pool: PostgresPool): PostgresPool {
  requirePool(pool);
  const support: Support = { isMissing: false };
  // Kysely identifies a connection by its client object: one wrapper for each.
  const wrapped = new WeakMap<PostgresPoolClient, PostgresPoolClient>();
  function wrap(client: PostgresPoolClient): PostgresPoolClient {
    let wrapper = wrapped.get(client);
    if (wrapper === undefined) {
      ignoreErrors(client);
      wrapped.set(client, (wrapper = nameStatements(client, support)));
    }
    return wrapper;
  }
  // A connection may break before `connect` resolves: the pool's event comes earlier.
  if (hasFunctions(pool, 'on')) pool.on('connect', wrap);
  return {
    ...(pool.Client !== undefined && { Client: pool.Client }),
    options: pool.options,
    connect: async () => wrap(await pool.connect()),
    end: () => pool.end(),
  };
}

/** A `Client` of `pg` has the same methods, but is one connection. */
function requirePool(pool: unknown): void {
  if (hasFunctions(pool, 'connect', 'end') && !('processID' in pool)) return;
  throw new TypeError('reuseStatements: expected a Pool of pg');
}

/**
 * `pg` reports a broken connection twice: it rejects the query, and emits an `error` that ends the process if it has no
 * listener. The pool listens on idle connections only, and Kysely on none.
 */
function ignoreErrors(client: PostgresPoolClient): void {
  if (hasFunctions(client, 'on')) client.on('error', () => {});
}

/** Whether the connections of a pool keep prepared statements. A pooler may give each query another connection. */
interface Support {
  isMissing: boolean;
}

function nameStatements(client: PostgresPoolClient, support: Support): PostgresPoolClient {
  let isInTransaction = false;
  let isSilent = false;

  async function noticeSilence(result: Promise<unknown>): Promise<void> {
    try {
      await result;
    } catch (error) {
      isSilent ||= isReadTimeout(error);
    }
  }

  async function queryByName(text: string, values: readonly unknown[]): Promise<unknown> {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `pg` takes a named query; Kysely's interface leaves it out
      return await (client as unknown as NamedQueries).query({ name: nameOf(text), text, values });
    } catch (error) {
      // The statement has not run.
      if (!isLostStatement(error)) throw error;
      support.isMissing = true;
      return query(text, values);
    }
  }

  function query(text: unknown, values: readonly unknown[]): unknown {
    if (typeof text === 'string') {
      // A name that fails would abort the transaction.
      if (isStatement(text) && !isInTransaction && !support.isMissing) return queryByName(text, values);
      if (transactionBegins.test(text)) isInTransaction = true;
      else if (transactionEnds.test(text)) isInTransaction = false;
    }
    return Reflect.apply(client.query, client, [text, values]);
  }

  function watchedQuery(text: unknown, values: readonly unknown[]): unknown {
    const result = query(text, values);
    if (result instanceof Promise) void noticeSilence(result);
    return result;
  }

  return {
    get processID() {
      return client.processID ?? 0;
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client's own overloads: a text, or a cursor
    query: watchedQuery as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy === true || isSilent),
  };
}

const transactionBegins = /^\s*(?:begin|start transaction)\b/i;
const transactionEnds = /^\s*(?:commit|rollback(?! to)|end|abort)\b/i;

/** `duplicate_prepared_statement`, `invalid_sql_statement_name`: the name is another client's, or of another connection. */
function isLostStatement(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P05' || error.code === '26000');
}

/** Of the pool's `query_timeout`. It has no code. */
function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

const names = new Map<string, string>();

/** The same in every process: a pooler may let processes share a connection. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `trpc_sessions_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}
