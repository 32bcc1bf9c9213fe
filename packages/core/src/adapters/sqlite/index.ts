import type { SqliteDatabase } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { CacheGuard } from '../../cache/session-cache.ts';
import { findsOne } from '../../store/compiled-query.ts';

/** What is needed of a better-sqlite3 `Database`. */
interface Prepares {
  prepare(sql: string): Statement & {
    /** The first row. @defaultValue all of them are asked for, and the first is taken */
    get?(parameters: readonly unknown[]): unknown;
  };
  close(): void;
}
type Statement = ReturnType<SqliteDatabase['prepare']>;

/**
 * Wraps a better-sqlite3 database so that Kysely, which prepares every query anew, gets each statement prepared once:
 * a session is looked up in a third of the time, and the app's other queries gain too.
 *
 * @param options.max - how many statements are kept; the least recently used makes room. @defaultValue 500
 *
 * @example
 * ```ts
 * import { reuseStatements } from '@trpc-sessions/core/sqlite';
 * import Database from 'better-sqlite3';
 * import { Kysely, SqliteDialect } from 'kysely';
 *
 * const db = new Kysely<MyDatabase>({
 *   dialect: new SqliteDialect({ database: reuseStatements(new Database('app.db')) }),
 * });
 * ```
 */
export function reuseStatements(database: Prepares, options: { readonly max?: number } = {}): SqliteDatabase {
  const statements = new LRUCache<string, Statement>({ max: options.max ?? 500 });
  return {
    prepare(sql) {
      const kept = statements.get(sql);
      if (kept !== undefined) return kept;
      const statement = database.prepare(sql);
      const reused: Statement = {
        reader: statement.reader,
        all: findsOne(sql)
          ? (parameters) => atMostOne(statement, parameters)
          : (parameters) => statement.all(parameters),
        run: (parameters) => statement.run(parameters),
        iterate(parameters) {
          // One that is being iterated cannot be run again until it is done: whoever comes meanwhile gets another.
          statements.delete(sql);
          return statement.iterate(parameters);
        },
      };
      statements.set(sql, reused);
      return reused;
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}

/** A tenth faster than asking for all rows: SQLite need not look for a second. */
function atMostOne(statement: ReturnType<Prepares['prepare']>, parameters: readonly unknown[]): unknown[] {
  if (statement.get === undefined) return statement.all(parameters);
  const row = statement.get(parameters);
  return row === undefined ? [] : [row];
}

/** What is needed of a better-sqlite3 `Database` of its own. */
export interface GuardDatabase {
  prepare(sql: string): { pluck(): { get(): unknown } };
}

/**
 * Guards a cache by SQLite's own count of writes: whatever any other connection has committed, in this process or another,
 * empties the cache before it is asked again. So several processes on one file are exact, with no bus.
 *
 * @param database - a connection to the same file for this alone: SQLite does not count a connection's own writes
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 *
 * @example
 * ```ts
 * import { createSessionManager, memoryCache } from '@trpc-sessions/core';
 * import { dataVersionGuard } from '@trpc-sessions/core/sqlite';
 *
 * const guard = dataVersionGuard(new Database('app.db', { readonly: true }));
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000, guard }) });
 * ```
 */
export function dataVersionGuard(database: GuardDatabase): CacheGuard {
  const statement = database.prepare('pragma data_version').pluck();
  return { version: () => statement.get() };
}
