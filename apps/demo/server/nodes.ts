import { memoryCache, type Bus, type MemoryCache } from '@trpc-sessions/core';
import { redisBus } from '@trpc-sessions/core/redis';
import { Redis } from 'ioredis';

/** What several processes of the demo share besides the database. */
export interface Nodes {
  readonly bus: Bus;
  readonly cache: MemoryCache;
  close(): void;
}

/** Keeps live sessions in memory, and hears from the other processes, over Redis, which ones they end. */
export function connectNodes(redisUrl: string): Nodes {
  const redis = new Redis(redisUrl);
  // The client connects anew by itself; unheard, its error would end the process.
  redis.on('error', (error) => console.warn(`Redis: ${error.message}`));
  return {
    bus: redisBus(redis),
    cache: memoryCache({ max: 10_000 }),
    close: () => redis.disconnect(),
  };
}
