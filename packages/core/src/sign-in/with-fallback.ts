import type { Attempt, AttemptStore } from './attempts.ts';

/** How long a store that failed is not asked again, in milliseconds: each sign-in would wait for it. */
const pause = 5000;

/** How attempts are counted while a store fails. */
export interface FallbackOptions {
  readonly fallback: AttemptStore;
  readonly clock: () => number;
  /** Called once for each outage. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Counts in another store while one fails. To refuse every sign-in would lock out all users of an app, and to count nothing
 * would open it to guesses.
 */
export function withFallback(store: AttemptStore, { fallback, clock, onFault }: FallbackOptions): AttemptStore {
  const takenThere = new WeakSet<Attempt>();
  let isDown = false;
  let retryAt = -Infinity;

  async function run<TResult>(
    work: (on: AttemptStore) => Promise<TResult>,
    instead: () => Promise<TResult>,
  ): Promise<TResult> {
    if (clock() < retryAt) return instead();
    try {
      const result = await work(store);
      isDown = false;
      retryAt = -Infinity;
      return result;
    } catch (error) {
      retryAt = clock() + pause;
      if (!isDown) onFault(error);
      isDown = true;
      return instead();
    }
  }

  return {
    take: (bucket, now) =>
      run(
        (on) => on.take(bucket, now),
        async () => {
          const attempt = await fallback.take(bucket, now);
          takenThere.add(attempt);
          return attempt;
        },
      ),
    giveBack: (bucket, attempt) =>
      takenThere.has(attempt)
        ? fallback.giveBack(bucket, attempt)
        : run(
            (on) => on.giveBack(bucket, attempt),
            () => Promise.resolve(),
          ),
    async clear(id) {
      const had = await fallback.clear(id);
      return run(
        async (on) => (await on.clear(id)) || had,
        () => Promise.resolve(had),
      );
    },
  };
}
