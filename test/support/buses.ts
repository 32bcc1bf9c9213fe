import { postgresBus } from '@trpc-sessions/core/postgres';
import { redisBus } from '@trpc-sessions/core/redis';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import { inject } from 'vitest';
import type { BusTarget } from '../conformance/bus.ts';
import { postgresAt, redisAt, startPostgres, startRedis } from './database-servers.ts';
import { slowSuites } from './slow-suites.ts';

// The app listens to its own client's errors: these tests expect them.

const redis = {
  url: inject('redisUrl'),
  howToEnable: 'install redis, or set REDIS_URL',
  startServer: () => startRedis(),
  urlOf: redisAt,
  async killListeners(url: string) {
    const client = new Redis(url);
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    client.disconnect();
  },
};

export const ioredisTarget: BusTarget = {
  ...redis,
  name: 'Redis, by ioredis',
  join(url, options) {
    const client = new Redis(url);
    client.on('error', () => {});
    return Promise.resolve({
      bus: redisBus(client, options),
      [Symbol.asyncDispose]: () => Promise.resolve(client.disconnect()),
    });
  },
  program: `
    import { redisBus } from '@trpc-sessions/core/redis';
    import { Redis } from 'ioredis';

    const client = new Redis(process.argv[1]);
    const bus = redisBus(client);
    const end = () => client.quit();`,
};

export const nodeRedisTarget: BusTarget = {
  ...redis,
  name: 'Redis, by node-redis',
  async join(url, options) {
    const client = createClient({ url });
    client.on('error', () => {});
    await client.connect();
    return {
      bus: redisBus(client, options),
      [Symbol.asyncDispose]: () => Promise.resolve(client.isOpen ? client.destroy() : undefined),
    };
  },
  program: `
    import { redisBus } from '@trpc-sessions/core/redis';
    import { createClient } from 'redis';

    const client = await createClient({ url: process.argv[1] }).connect();
    const bus = redisBus(client);
    const end = () => client.close();`,
};

export const postgresTarget: BusTarget = {
  name: 'PostgreSQL',
  url: inject('postgresUrl'),
  howToEnable: 'install postgresql, or set POSTGRES_URL',
  startServer: startPostgres,
  urlOf: postgresAt,
  join(url, options) {
    const pool = new pg.Pool({ connectionString: url });
    pool.on('error', () => {});
    return Promise.resolve({
      bus: postgresBus(pool, options),
      // Not awaited: a server that was cut off never answers.
      [Symbol.asyncDispose]: () => Promise.resolve(void pool.end().catch(() => {})),
    });
  },
  async killListeners(url) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and query ilike '%listen%'",
    );
    await client.end();
  },
  program: `
    import { postgresBus } from '@trpc-sessions/core/postgres';
    import pg from 'pg';

    const pool = new pg.Pool({ connectionString: process.argv[1] });
    const bus = postgresBus(pool);
    const end = () => pool.end();`,
};

/** The second client of Redis has the slow suites. */
const slowTarget: BusTarget = slowSuites.available
  ? nodeRedisTarget
  : { ...nodeRedisTarget, url: null, howToEnable: slowSuites.howToEnable };

export const busTargets: readonly BusTarget[] = [ioredisTarget, slowTarget, postgresTarget];
