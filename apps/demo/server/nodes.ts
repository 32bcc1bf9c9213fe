import { memoryCache, type Bus, type MemoryCache } from '@trpc-sessions/core';
import { redisBus } from '@trpc-sessions/core/redis';
import { Redis } from 'ioredis';
import { errorLine } from './error-line.ts';

/** The bus and the cache of one of several processes. */
export interface Nodes {
  readonly bus: Bus;
  readonly cache: MemoryCache;
  close(): void;
}

/** Caches live sessions in memory. Redis carries the endings between the processes. */
export function connectNodes(redisUrl: string): Nodes {
  const redis = new Redis(redisUrl);
  // The client reconnects by itself; without a listener, its error would end the process.
  redis.on('error', (error) => console.warn(`Redis: ${errorLine(error)}`));
  return {
    bus: redisBus(redis),
    cache: memoryCache({ max: 10_000 }),
    close: () => redis.disconnect(),
  };
}
