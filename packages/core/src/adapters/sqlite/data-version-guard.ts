import type { CacheGuard } from '../../cache/memory-cache.ts';

/** The part of a better-sqlite3 `Database` that {@link dataVersionGuard} uses. */
export interface GuardDatabase {
  prepare(sql: string): { pluck(): { get(): unknown } };
}

/**
 * Guards a cache by SQLite's own count of writes: a commit of any other connection, in this or another process, empties
 * the cache before its next use. Several processes on one file are then exact without a bus.
 *
 * @param database - a separate connection to the same file: SQLite does not count a connection's own writes
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
