import { LRUCache } from 'lru-cache';
import { decide, without, type AttemptCount, type AttemptStore } from './attempts.ts';

/** Buckets of each kind that are kept. All of them take about 20 megabytes. */
const defaultMax = 50_000;

/**
 * Counts attempts in the memory of this process. Buckets that have begun to wait are kept apart from the others. So a flood
 * of new accounts or addresses, which costs an attempt each, evicts none that waits.
 */
export function createMemoryAttempts(max: number = defaultMax): AttemptStore {
  const free = new LRUCache<string, AttemptCount>({ max });
  const waiting = new LRUCache<string, AttemptCount>({ max });

  function write(id: string, count: AttemptCount | undefined): void {
    free.delete(id);
    waiting.delete(id);
    if (count !== undefined) (count.waitUntil > 0 ? waiting : free).set(id, count);
  }

  return {
    take(bucket, now) {
      const { attempt, count } = decide(waiting.get(bucket.id) ?? free.get(bucket.id), bucket, now);
      if (count !== undefined) write(bucket.id, count);
      return Promise.resolve(attempt);
    },
    giveBack(bucket, attempt) {
      const count = waiting.get(bucket.id) ?? free.get(bucket.id);
      if (count !== undefined) write(bucket.id, without(count, bucket, attempt));
      return Promise.resolve();
    },
    clear(id) {
      const had = waiting.has(id) || free.has(id);
      write(id, undefined);
      return Promise.resolve(had);
    },
  };
}
