import type { Limiter } from '@trpc-sessions/server';
import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** Counts with a limiter of rate-limiter-flexible, in any of its stores. */
export function limiterOf(rateLimiter: RateLimiterAbstract): Limiter {
  return async ({ key }) => {
    try {
      const { consumedPoints } = await rateLimiter.consume(key);
      return { retryAfter: 0, attempts: consumedPoints, giveBack: () => rateLimiter.reward(key) };
    } catch (error) {
      if (error instanceof Error) throw error;
      const { msBeforeNext, consumedPoints } = error as RateLimiterRes;
      return { retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)), attempts: consumedPoints };
    }
  };
}
