import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { CountStore } from './counts.ts';

/** How a limiter of rate-limiter-flexible counts the points of its keys. */
export interface LimiterOptions {
  /** How many points a key has: no further one is counted. */
  readonly points: number;
  /** How long a key is kept after a point was counted, in seconds. */
  readonly duration: number;
  /** Whether attempts of its keys have to wait by now. A memory with a bound keeps such keys apart. */
  readonly isWaiting: boolean;
  /** Counts while the store fails. */
  readonly insuranceLimiter?: RateLimiterAbstract | undefined;
  /** Asks the store, unless it has just failed. @defaultValue always */
  readonly ask?: Ask | undefined;
}

/** Asks a store a question. */
export type Ask = <TAnswer>(question: () => Promise<TAnswer>) => Promise<TAnswer>;

/**
 * Creates a limiter of rate-limiter-flexible. Those of one store share their keys. A point that a limiter refuses is not
 * counted, and each one that is counted begins the duration again. The first one loads its part of the library: a process that
 * starts does not wait for it.
 */
export type CreateLimiter = (options: LimiterOptions) => Promise<RateLimiterAbstract>;

/** Creates limiters over a store of ours. */
export function limitersOver(store: CountStore, clock: () => number): CreateLimiter {
  return async (options) => {
    const { StoreLimiter } = await import('./store-limiter.ts');
    return new StoreLimiter(store, clock, options);
  };
}
