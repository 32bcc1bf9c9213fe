import type { AttemptBucket, SignInGuard } from '@trpc-sessions/core';

/** The attempts that are counted together. */
export interface LimiterBucket {
  /** The attempts on an account, those from a network, or those of a device that has signed in to the account before. */
  readonly by: 'account' | 'network' | 'device';
  /** Names the bucket: 32 characters, a keyed hash. */
  readonly key: string;
  /** How many attempts are made before the first wait. */
  readonly free: number;
}

/** The answer of a {@link Limiter}. */
export interface LimiterAnswer {
  /** Seconds until another attempt is welcome. 0 if this one may be made: it is then counted. */
  readonly retryAfter: number;
  /** How many attempts were counted, for events. */
  readonly attempts?: number | undefined;
  /** Takes the attempt back: it succeeded, or it was not made. */
  readonly giveBack?: (() => unknown) | undefined;
  /** Drops the count: the device of the bucket has signed in. @defaultValue `giveBack` */
  readonly clear?: (() => unknown) | undefined;
}

/**
 * Counts an attempt to sign in before it is made, or refuses it. It has to count attempts that run at once, too: read and
 * write in one step.
 */
export type Limiter = (bucket: LimiterBucket) => LimiterAnswer | Promise<LimiterAnswer>;

const second = 1000;
/** Each wait is twice as long as the one before. The count is kept for an hour after the last attempt. */
const waits = { firstWait: second, maxWait: 60 * second, window: 3600 * second };

/** Creates the limiter over the guard of the manager, which counts the attempts. */
export function createGuardLimiter(guard: SignInGuard): Limiter {
  return async ({ key, free }) => {
    const bucket: AttemptBucket = { id: key, free, ...waits };
    const attempt = await guard.take(bucket);
    return {
      retryAfter: Math.ceil(attempt.wait / second),
      attempts: attempt.attempts,
      giveBack: () => guard.giveBack(bucket, attempt),
      clear: () => guard.clear(key),
    };
  };
}
