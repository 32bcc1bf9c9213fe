import type { AppDatabase, SessionsDatabase } from '@trpc-sessions/core';
import type { Pool } from 'mysql2';
import type pg from 'pg';

/** A database as its driver has it, and the text of each of its queries. */
export interface RawDatabase {
  readonly database: AppDatabase<SessionsDatabase>;
  listen(listener: (text: string) => void): void;
}

/** A query as a driver takes it. */
type SentQuery = string | { readonly text?: string; readonly sql?: string };

/** Reports the queries of each connection that is made from now on. */
function reportQueries(connection: object, methods: readonly string[], report: (text: string) => void): void {
  for (const method of methods) {
    const send: unknown = Reflect.get(connection, method);
    if (typeof send !== 'function') continue;
    Reflect.set(connection, method, (query: SentQuery, ...rest: unknown[]) => {
      report(typeof query === 'string' ? query : (query.text ?? query.sql ?? ''));
      return Reflect.apply(send, connection, [query, ...rest]);
    });
  }
}

export function rawPostgres(pool: pg.Pool): RawDatabase {
  let listener: ((text: string) => void) | undefined;
  pool.on('connect', (client) => reportQueries(client, ['query'], (text) => listener?.(text)));
  return { database: pool, listen: (listen) => void (listener = listen) };
}

export function rawMysql(pool: Pool): RawDatabase {
  let listener: ((text: string) => void) | undefined;
  pool.on('connection', (connection) => reportQueries(connection, ['query', 'execute'], (text) => listener?.(text)));
  return { database: pool, listen: (listen) => void (listener = listen) };
}
