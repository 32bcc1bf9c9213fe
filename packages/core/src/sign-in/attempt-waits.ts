import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { CreateLimiter } from './rate-limiters.ts';

/** Limits the attempts that share a bucket: some are free, and each one after them is followed by a wait. */
export interface AttemptLimit {
  /** How many attempts are made before the first wait. */
  readonly free: number;
  /** The wait after the last free attempt, in milliseconds: whole seconds. Each wait is twice as long as the one before. */
  readonly firstWait: number;
  /** The longest wait, in milliseconds: whole seconds. */
  readonly maxWait: number;
  /** How long the count is kept after the last attempt, in milliseconds: whole seconds. At least `maxWait`. */
  readonly window: number;
}

/** A count of attempts, such as those on one account. Its id is a hash: no store holds the name of an account. */
export interface AttemptBucket extends AttemptLimit {
  /** 32 lower-case characters. */
  readonly id: string;
}

/** The answer of an {@link AttemptStore} to an attempt. */
export interface Attempt {
  /** How long the caller has to wait, in milliseconds. 0 if the attempt may be made: it is then counted. */
  readonly wait: number;
  /** How many attempts the bucket has counted, with this one. */
  readonly attempts: number;
  /** The end of the wait that this attempt began, in milliseconds since 1970; 0 if it began none. */
  readonly waitUntil: number;
}

/** Counts attempts to sign in. Attempts that run at once, in any process that shares the store, never exceed a limit together. */
export interface AttemptStore {
  /** Counts an attempt before it is made, or refuses it. */
  take(bucket: AttemptBucket): Promise<Attempt>;
  /** Takes back an attempt that was counted. */
  giveBack(bucket: AttemptBucket, attempt: Attempt): Promise<void>;
  /** Drops a count. Returns whether there was one. */
  clear(id: string): Promise<boolean>;
}

/** The limiters of buckets that have one limit. */
interface Limiters {
  /** Counts the attempts that no wait follows. */
  readonly free: RateLimiterAbstract;
  /** Counts, under the same keys, the attempts that have passed the gate. */
  readonly all: RateLimiterAbstract;
  /** Has one point: the attempt that gets it may be made, and all others wait. */
  readonly gate: RateLimiterAbstract;
}

const second = 1000;

/** Counts attempts with limiters of rate-limiter-flexible. */
export function createAttempts(createLimiter: CreateLimiter, clock: () => number): AttemptStore {
  /** A plugin has few limits. */
  const known = new Map<string, Promise<Limiters>>();

  function limitersOf({ free, window }: Pick<AttemptLimit, 'free' | 'window'>): Promise<Limiters> {
    const name = `${free} ${window}`;
    const existing = known.get(name);
    if (existing !== undefined) return existing;
    const limiters = create(free, window / second);
    known.set(name, limiters);
    return limiters;
  }

  async function create(free: number, duration: number): Promise<Limiters> {
    return {
      free: await createLimiter({ points: free - 1, duration, isWaiting: false }),
      all: await createLimiter({ points: Number.MAX_SAFE_INTEGER, duration, isWaiting: true }),
      gate: await createLimiter({ points: 1, duration, isWaiting: true }),
    };
  }

  return {
    async take(bucket) {
      const { free, all, gate } = await limitersOf(bucket);
      const { isCounted, consumedPoints: attempts } = await consume(free, bucket.id);
      if (isCounted) return { wait: 0, attempts, waitUntil: 0 };
      const wait = waitAfter(attempts, bucket);
      const waitUntil = clock() + wait;
      const { isCounted: isOpen, msBeforeNext } = await consume(gate, gateOf(bucket.id), wait);
      if (!isOpen) return { wait: Math.max(1, msBeforeNext), attempts: attempts - 1, waitUntil: 0 };
      const { consumedPoints } = await all.penalty(bucket.id);
      return { wait: 0, attempts: consumedPoints, waitUntil };
    },

    async giveBack(bucket, { waitUntil }) {
      const { all, gate } = await limitersOf(bucket);
      await all.reward(bucket.id);
      // Until then, this attempt alone has closed the gate.
      if (clock() < waitUntil) await gate.delete(gateOf(bucket.id));
    },

    async clear(id) {
      const { all, gate } = await limitersOf({ free: 1, window: second });
      const dropped = await Promise.all([all.delete(id), gate.delete(gateOf(id))]);
      return dropped.includes(true);
    },
  };
}

/** The key of a bucket's gate. It is as long as an id, and never equal to one: an id has no 0. */
const gateOf = (id: string): string => `0${id.slice(1)}`;

function waitAfter(attempts: number, { free, firstWait, maxWait }: AttemptLimit): number {
  return Math.min(maxWait, firstWait * 2 ** Math.min(attempts - free, 30));
}

/** Asks for a point: `isCounted` says whether there was one. @param wait - how long it is gone, in milliseconds */
async function consume(
  limiter: RateLimiterAbstract,
  key: string,
  wait?: number,
): Promise<Pick<RateLimiterRes, 'consumedPoints' | 'msBeforeNext'> & { readonly isCounted: boolean }> {
  const options = wait === undefined ? {} : { customDuration: wait / second };
  try {
    const { consumedPoints, msBeforeNext } = await limiter.consume(key, 1, options);
    return { isCounted: true, consumedPoints, msBeforeNext };
  } catch (refusal) {
    if (!isRefusal(refusal)) throw refusal;
    return { isCounted: false, consumedPoints: refusal.consumedPoints, msBeforeNext: refusal.msBeforeNext };
  }
}

/** The library rejects with an answer, too. Another copy of it may have made that. */
function isRefusal(rejection: unknown): rejection is RateLimiterRes {
  return typeof rejection === 'object' && rejection !== null && 'msBeforeNext' in rejection;
}
