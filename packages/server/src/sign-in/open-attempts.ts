import type { Limiter, LimiterBucket } from './limiter.ts';
import { takeAll, type Refused, type Taken } from './taken.ts';

/** An attempt that was counted in all of its buckets, or in none. */
export interface OpenAttempt {
  readonly taken: readonly Taken[];
  readonly refused?: Refused | undefined;
  /** Ends the attempt, after it was left counted or taken back. Only the first call counts. */
  close(): void;
}

/**
 * Counts attempts. One that would be refused waits while others of its bucket are being made: most attempts succeed, and are
 * taken back. So a burst of right passwords is served, and a burst of wrong ones is still refused at the limit.
 */
export interface OpenAttempts {
  take(buckets: readonly LimiterBucket[]): Promise<OpenAttempt>;
}

interface Bucket {
  open: number;
  readonly waiting: Set<() => void>;
}

/** Further attempts on a bucket do not wait: they are refused. */
const maxWaiting = 100;

export function createOpenAttempts(limiter: Limiter): OpenAttempts {
  /** The buckets of attempts that are being made. */
  const buckets = new Map<string, Bucket>();

  function enter(keys: readonly string[]): void {
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, { open: 1, waiting: new Set() });
      else bucket.open += 1;
    }
  }

  function leave(keys: readonly string[]): void {
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) continue;
      bucket.open -= 1;
      if (bucket.open === 0) buckets.delete(key);
      // One place is free at most. The last one wakes all: there is no other to wait for.
      const woken = [...bucket.waiting].slice(0, bucket.open === 0 ? undefined : 1);
      for (const wake of woken) {
        bucket.waiting.delete(wake);
        wake();
      }
    }
  }

  /** Waits until an attempt on a bucket ends. Returns `false` at once if none is open, or too many wait. */
  async function isOneOver(key: string): Promise<boolean> {
    const waiting = buckets.get(key)?.waiting;
    if (waiting === undefined || waiting.size >= maxWaiting) return false;
    await new Promise<void>((resolve) => waiting.add(resolve));
    return true;
  }

  return {
    async take(asked) {
      const keys = asked.map(({ key }) => key);
      // Before the answer: an attempt that is refused must find those that run at the same time and have the last places.
      enter(keys);
      let outcome = await takeAll(limiter, asked).catch((error: unknown) => {
        leave(keys);
        throw error;
      });
      if (outcome.refused !== undefined) {
        leave(keys);
        while (outcome.refused !== undefined && (await isOneOver(outcome.refused.bucket.key))) {
          outcome = await takeAll(limiter, asked);
        }
        if (outcome.refused !== undefined) return { ...outcome, close: () => {} };
        enter(keys);
      }
      let isOpen = true;
      return {
        ...outcome,
        close() {
          if (isOpen) leave(keys);
          isOpen = false;
        },
      };
    },
  };
}
