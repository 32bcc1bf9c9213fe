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
  // Reserved with the first attempt: many managers have none.
  let counts: Record<'free' | 'waiting', LRUCache<string, Count>> | undefined;
  const open = (): NonNullable<typeof counts> =>
    (counts ??= { free: new LRUCache({ max }), waiting: new LRUCache({ max }) });

  return {
    change(key, change, now) {
      const { free, waiting } = open();
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
      const { free, waiting } = open();
      return Promise.resolve([free.delete(key), waiting.delete(key)].includes(true));
    },
  };
}
