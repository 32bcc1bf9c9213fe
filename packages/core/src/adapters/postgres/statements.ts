import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { isStatement } from '../../store/compiled-query.ts';

/** A query as `pg` takes it for a prepared statement. */
interface NamedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Wraps a pool of `pg` so that each connection parses and plans the session manager's statements once. The app's own
 * queries stay as they are. A connection that breaks in use rejects its query, and does not end the process.
 *
 * Not for PgBouncer before 1.21 in transaction mode, which loses prepared statements.
 *
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
  // Kysely identifies a connection by its client object: one wrapper for each.
  const wrapped = new WeakMap<PostgresPoolClient, PostgresPoolClient>();
  function wrap(client: PostgresPoolClient): PostgresPoolClient {
    let wrapper = wrapped.get(client);
    if (wrapper === undefined) {
      ignoreErrors(client);
      wrapped.set(client, (wrapper = nameStatements(client)));
    }
    return wrapper;
  }
  // A connection may break before `connect` resolves: the pool's event comes earlier.
  if (canEmit(pool)) Reflect.apply(pool.on, pool, ['connect', wrap]);
  return {
    ...(pool.Client !== undefined && { Client: pool.Client }),
    options: pool.options,
    connect: async () => wrap(await pool.connect()),
    end: () => pool.end(),
  };
}

/**
 * `pg` reports a broken connection twice: it rejects the query, and emits an `error` that ends the process if it has no
 * listener. The pool listens on idle connections only, and Kysely on none.
 */
function ignoreErrors(client: PostgresPoolClient): void {
  if (canEmit(client)) Reflect.apply(client.on, client, ['error', () => {}]);
}

function canEmit(value: object): value is { on: (...args: readonly unknown[]) => unknown } {
  return 'on' in value && typeof value.on === 'function';
}

function nameStatements(client: PostgresPoolClient): PostgresPoolClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `pg` takes a named query; Kysely's interface leaves it out
  const named = client as unknown as { query<TRow>(query: NamedQuery): Promise<PostgresQueryResult<TRow>> };
  const query = (text: unknown, values: readonly unknown[]): unknown =>
    typeof text === 'string' && isStatement(text)
      ? named.query({ name: nameOf(text), text, values })
      : Reflect.apply(client.query, client, [text, values]);
  return {
    get processID() {
      return client.processID ?? 0;
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the client's own overloads: a text, or a cursor
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy),
  };
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
