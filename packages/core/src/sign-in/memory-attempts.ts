import { LRUCache } from 'lru-cache';
import { decide, without, type AttemptCount, type AttemptStore } from './attempts.ts';

/** Buckets of each kind that are kept. All of them take about 20 megabytes. */
const defaultMax = 50_000;

/**
 * Counts attempts in the memory of this process. Buckets that have begun to wait are kept apart from the others. So a flood
 * of new accounts or addresses, which costs an attempt each, evicts none that waits.
 */
export function createMemoryAttempts(max: number = defaultMax): AttemptStore {
  // Reserved with the first attempt: many managers have none.
  let counts: Record<'free' | 'waiting', LRUCache<string, AttemptCount>> | undefined;

  function open(): NonNullable<typeof counts> {
    return (counts ??= { free: new LRUCache({ max }), waiting: new LRUCache({ max }) });
  }

  function read(id: string): AttemptCount | undefined {
    const { free, waiting } = open();
    return waiting.get(id) ?? free.get(id);
  }

  function write(id: string, count: AttemptCount | undefined): void {
    const { free, waiting } = open();
    free.delete(id);
    waiting.delete(id);
    if (count !== undefined) (count.waitUntil > 0 ? waiting : free).set(id, count);
  }

  return {
    take(bucket, now) {
      const { attempt, count } = decide(read(bucket.id), bucket, now);
      if (count !== undefined) write(bucket.id, count);
      return Promise.resolve(attempt);
    },
    giveBack(bucket, attempt) {
      const count = read(bucket.id);
      if (count !== undefined) write(bucket.id, without(count, bucket, attempt));
      return Promise.resolve();
    },
    clear(id) {
      const had = read(id) !== undefined;
      write(id, undefined);
      return Promise.resolve(had);
    },
  };
}
