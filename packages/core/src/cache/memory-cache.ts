import { parseDuration, type Duration } from '../duration.ts';
import { requireKnownOptions } from '../known-options.ts';

/** The options of {@link memoryCache}. */
export interface MemoryCacheOptions {
  /**
   * The most sessions that are cached, with their tokens: about 800 bytes each. The least recently used
   * are dropped first.
   */
  readonly max: number;
  /** How long a session is cached before the database is asked again, should every message be lost. @defaultValue `'1m'` */
  readonly maxAge?: Duration | undefined;
  /** Detects every write, so that no bus is needed: `dataVersionGuard` of `@trpc-sessions/core/sqlite`. */
  readonly guard?: CacheGuard | undefined;
}

/** Detects writes to the database. Several caches may share a guard. */
export interface CacheGuard {
  /** Returns another value after every write. */
  version(): unknown;
}

/** How a manager caches live sessions. */
export interface MemoryCache {
  readonly max: number;
  /** In milliseconds. */
  readonly maxAge: number;
  readonly guard: CacheGuard | undefined;
}

/**
 * Caches live sessions in this process's memory, so that most requests need no query. A session that this process
 * revokes is refused at once. One that another process revokes is refused as soon as the bus delivers the message, or at
 * once with a `guard`.
 *
 * @throws {TypeError | RangeError} an option is unknown or out of range
 *
 * @example
 * ```ts
 * import { createSessionManager, memoryCache } from '@trpc-sessions/core';
 * import { redisBus } from '@trpc-sessions/core/redis';
 *
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: redisBus(redis) });
 * ```
 */
export function memoryCache(options: MemoryCacheOptions): MemoryCache {
  requireKnownOptions('memoryCache', options, { max: true, maxAge: true, guard: true });
  const { max, maxAge = '1m', guard } = options;
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`cache: max: expected a whole number of at least 1, got ${String(max)}`);
  }
  if (guard !== undefined && typeof guard?.version !== 'function') {
    throw new TypeError('cache: guard: expected dataVersionGuard(…); leave it out for none');
  }
  return Object.freeze({ max, maxAge: parseDuration('cache: maxAge', maxAge), guard });
}
