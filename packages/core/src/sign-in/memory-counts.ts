import { LRUCache } from 'lru-cache';
import { changed, type Count, type CountStore } from './counts.ts';

/** Keys of each kind that are kept. All of them take about 20 megabytes. */
const defaultMax = 50_000;

/** This process alone has the clock. Set back by a day, it would make a guess wait for a day. */
function endingBy(time: number, count: Count): Count {
  return count.expiresAt > time ? { ...count, expiresAt: time } : count;
}

/**
 * Counts in the memory of this process. Keys whose attempts have to wait are kept apart from the others. So a flood of
 * new accounts or addresses, each of which costs an attempt, evicts none of them.
 */
export function createMemoryCounts(max: number = defaultMax): CountStore {
  // Not the option `max`: with it, a cache reserves the memory for all of its keys, 3 megabytes before the first attempt.
  const size = { maxSize: max, sizeCalculation: () => 1 };
  const free = new LRUCache<string, Count>(size);
  const waiting = new LRUCache<string, Count>(size);

  return {
    change(key, change, now) {
      const kept = waiting.get(key) ?? free.get(key);
      const isWaiting = change.isWaiting || waiting.has(key);
      const before = kept && endingBy(now + change.duration, kept);
      const { answer, after = before === kept ? undefined : before } = changed(before, change, now);
      if (after !== undefined) {
        free.delete(key);
        waiting.delete(key);
      }
      if (after) (isWaiting ? waiting : free).set(key, after);
      return Promise.resolve(answer);
    },
    delete(key) {
      return Promise.resolve([free.delete(key), waiting.delete(key)].includes(true));
    },
  };
}
