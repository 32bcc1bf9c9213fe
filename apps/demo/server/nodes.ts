import { localBus, memoryCache, type Bus, type MemoryCache } from '@trpc-sessions/core';
import { postgresBus } from '@trpc-sessions/core/postgres';
import { redisBus } from '@trpc-sessions/core/redis';
import { Redis } from 'ioredis';
import pg from 'pg';
import { errorLine } from './error-line.ts';

/** The bus of one of several processes. */
export interface Nodes {
  readonly bus: Bus;
  /** Live sessions in memory. @defaultValue none: each request reads the database */
  readonly cache?: MemoryCache;
  /** Where attempts to sign in are counted, for all processes. @defaultValue by the bus, or in memory */
  readonly throttleStore?: 'database';
  close(): void | Promise<void>;
}

/** Connects the processes of a database: by Redis if it is set, otherwise by PostgreSQL. Other databases have one process. */
export function connectNodes(databaseUrl: string, redisUrl: string | undefined): Nodes {
  if (redisUrl !== undefined) return connectByRedis(redisUrl);
  if (/^postgres(?:ql)?:/.test(databaseUrl)) return connectByPostgres(databaseUrl);
  return { bus: localBus({ channel: databaseUrl }), close() {} };
}

function connectByRedis(url: string): Nodes {
  const redis = new Redis(url);
  // The client reconnects by itself; without a listener, its error would end the process.
  redis.on('error', (error) => console.warn(`Redis: ${errorLine(error)}`));
  return {
    bus: redisBus(redis),
    cache: memoryCache({ max: 10_000 }),
    close: () => redis.disconnect(),
  };
}

function connectByPostgres(connectionString: string): Nodes {
  const pool = new pg.Pool({ connectionString, max: 1 });
  pool.on('error', (error) => console.warn(`the bus has lost a connection: ${errorLine(error)}`));
  return { bus: postgresBus(pool), throttleStore: 'database', close: () => pool.end() };
}
