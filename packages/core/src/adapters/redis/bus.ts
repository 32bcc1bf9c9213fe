import type { Bus } from '../../bus/bus.ts';
import type { BusDriver } from '../../bus/driver.ts';
import { readChannel } from '../../bus/channel.ts';
import { createReconnectingBus, readHeartbeat, type ReconnectingBusOptions } from '../../bus/reconnecting-bus.ts';
import { createRedisLimiters, type RunScript } from './limiter.ts';
import { createIoredisDriver, runOnIoredis, type IoredisClient, type IoredisCluster } from './ioredis.ts';
import { createNodeRedisDriver, runOnNodeRedis, type NodeRedisClient } from './node-redis.ts';

/** Options of {@link redisBus}. */
export interface RedisBusOptions extends ReconnectingBusOptions {}

/**
 * Publishes revoked sessions to all processes of an app through Redis or Valkey. A message opens nothing: it holds user ids and
 * session ids. Attempts to sign in are counted there, too, under keyed hashes.
 *
 * It publishes with the app's own client, and subscribes on a duplicate of it. The client stays the app's: connect it,
 * handle its `'error'` event, and close it after the manager. After messages were lost, the bus empties the other
 * processes' caches once Redis is back.
 *
 * @param client - an ioredis `Redis` or `Cluster`, or a client of the package `redis` (`createClient`) that the app has
 *   connected. In a Redis Cluster any node will do: messages reach all nodes.
 * @returns the `bus` of a manager. Its `publish` rejects if Redis has not taken the message within a `heartbeat`.
 * @throws {TypeError} the client is not one of these, or an option is wrong
 * @throws {RangeError} `heartbeat` is not a duration, or not from 100 milliseconds to an hour
 *
 * @example
 * ```ts
 * import { createSessionManager, memoryCache } from '@trpc-sessions/core';
 * import { redisBus } from '@trpc-sessions/core/redis';
 * import { Redis } from 'ioredis';
 *
 * const redis = new Redis(process.env.REDIS_URL!);
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: redisBus(redis) });
 * ```
 */
export function redisBus(client: IoredisClient | IoredisCluster | NodeRedisClient, options: RedisBusOptions = {}): Bus {
  const channel = readChannel(options.channel);
  const runScript = scriptRunnerOf(client);
  return {
    ...createReconnectingBus(createDriver(client, channel), readHeartbeat(options.heartbeat)),
    limiters: runScript && createRedisLimiters(runScript, channel),
  };
}

function createDriver(client: IoredisClient | IoredisCluster | NodeRedisClient, channel: string): BusDriver {
  if ('isReady' in client && typeof client.duplicate === 'function') return createNodeRedisDriver(client, channel);
  if ('status' in client && ('nodes' in client || typeof client.duplicate === 'function'))
    return createIoredisDriver(client, channel);
  throw new TypeError('client: expected a client of ioredis, or one that createClient() of redis returns');
}

/** A client of the app's own making may run no scripts: it then counts no attempts. */
function scriptRunnerOf(client: IoredisClient | IoredisCluster | NodeRedisClient): RunScript | undefined {
  return 'isReady' in client ? runOnNodeRedis(client) : runOnIoredis(client);
}
