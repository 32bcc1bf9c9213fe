import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { isStatement } from '../../store/compiled-query.ts';

/** What `pg` takes beside a text. */
interface NamedQuery {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Wraps a pool of `pg` so that each connection parses and plans the session manager's statements once. The app's own
 * queries are left alone. A connection that breaks while it is in use fails its query, and no longer the process.
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
  // Kysely knows a connection by its client: each has one wrapper, always the same.
  const wrapped = new WeakMap<PostgresPoolClient, PostgresPoolClient>();
  function wrap(client: PostgresPoolClient): PostgresPoolClient {
    let wrapper = wrapped.get(client);
    if (wrapper === undefined) {
      hearErrors(client);
      wrapped.set(client, (wrapper = nameStatements(client)));
    }
    return wrapper;
  }
  // By the time that `connect` resolves, a connection may have broken: the pool tells of a new one before that.
  if (canEmit(pool)) Reflect.apply(pool.on, pool, ['connect', wrap]);
  return {
    ...(pool.Client !== undefined && { Client: pool.Client }),
    options: pool.options,
    connect: async () => wrap(await pool.connect()),
    end: () => pool.end(),
  };
}

/**
 * `pg` tells of a connection that breaks twice: to whoever waits for its answer, and by an event that, unheard, ends the
 * process. Its pool hears it of idle connections only, and Kysely of none.
 */
function hearErrors(client: PostgresPoolClient): void {
  if (canEmit(client)) Reflect.apply(client.on, client, ['error', () => {}]);
}

function canEmit(value: object): value is { on: (...args: readonly unknown[]) => unknown } {
  return 'on' in value && typeof value.on === 'function';
}

function nameStatements(client: PostgresPoolClient): PostgresPoolClient {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Kysely does not ask of a client, `pg` has
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

/** The name of a statement: the same in every process, should a pooler let them share a connection. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `trpc_sessions_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    names.set(text, name);
  }
  return name;
}
