import type { Bus } from '../../bus/bus.ts';
import {
  createRemoteBus,
  readChannel,
  readHeartbeat,
  type BusDriver,
  type ConnectionEvents,
  type ListeningConnection,
  type RemoteBusOptions,
} from '../../bus/reconnecting-bus.ts';

/** What {@link redisBus} takes beside the client. */
export interface RedisBusOptions extends RemoteBusOptions {}

/** What is needed of an ioredis `Redis`. */
export interface IoredisClient {
  readonly status: string;
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override: IoredisOverride): IoredisSubscriber;
}

/** What is needed of an ioredis `Cluster`: any of its nodes passes a message on to all others. */
export interface IoredisCluster {
  readonly status: string;
  publish(channel: string, message: string): Promise<unknown>;
  nodes(): readonly Pick<IoredisClient, 'duplicate'>[];
}

/** What the listening connection has otherwise than the app's own. */
export interface IoredisOverride {
  readonly lazyConnect: true;
  readonly autoResubscribe: false;
  readonly retryStrategy: () => null;
}

/** What is needed of a duplicate of an ioredis client. */
export interface IoredisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): void;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What is needed of a node-redis client, the one of the package `redis`. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(): NodeRedisSubscriber;
}

/** What is needed of a duplicate of a node-redis client. */
export interface NodeRedisSubscriber {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  ping(): Promise<unknown>;
  destroy(): void;
  on(event: 'error' | 'reconnecting' | 'end', listener: () => void): unknown;
}

/**
 * Tells all processes of an app which sessions were ended, by publish/subscribe of Redis, Valkey or another server that
 * speaks like them. Nothing is stored there, and what is sent opens nothing: user ids and session ids.
 *
 * It publishes on the app's client and listens on a duplicate, so that the client remains the app's: connect it, listen to
 * its `'error'` event and close it as ever, after the manager. While the client is not connected, publishing rejects at
 * once; what could not be told is made up for once it is back, by emptying the others' caches.
 *
 * @param client - an ioredis `Redis` or `Cluster`, or a client of the package `redis` (`createClient`, which it must be told
 *   to `connect()`). In a Redis Cluster any node will do: messages reach all nodes.
 * @returns the `bus` of a manager. Its `publish` rejects when the message was not handed over within a `heartbeat`.
 * @throws {TypeError} the client is none of these, or an option is wrong
 * @throws {RangeError} `heartbeat` is no duration, or not from 100 milliseconds to an hour
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
  const channel = readChannel(options.channel ?? 'trpc-sessions');
  return createRemoteBus(driverOf(client, channel), readHeartbeat(options.heartbeat));
}

function driverOf(client: IoredisClient | IoredisCluster | NodeRedisClient, channel: string): BusDriver {
  if ('isReady' in client && typeof client.duplicate === 'function') {
    return {
      send: (message) => sendIf(client.isReady, client, channel, message),
      open: (events) => openNodeRedis(client.duplicate(), channel, events),
    };
  }
  if ('status' in client && ('nodes' in client || typeof client.duplicate === 'function')) {
    return {
      // A lazy client connects with its first command.
      send: (message) => sendIf(['ready', 'wait'].includes(client.status), client, channel, message),
      open: (events) => openIoredis(client, channel, events),
    };
  }
  throw new TypeError('client: expected a client of ioredis, or one that createClient() of redis returns');
}

/** Both clients would keep, without bound, what is sent while they are not connected. */
async function sendIf(
  isReady: boolean,
  client: Pick<IoredisClient, 'publish'>,
  channel: string,
  message: string,
): Promise<void> {
  if (!isReady) throw new Error('bus: the Redis client is not connected');
  await client.publish(channel, message);
}

function openIoredis(
  client: IoredisClient | IoredisCluster,
  channel: string,
  events: ConnectionEvents,
): ListeningConnection {
  const node = 'nodes' in client ? pick(client.nodes()) : client;
  if (node === undefined) throw new Error('bus: no node of the Redis Cluster is known');
  const subscriber = node.duplicate({ lazyConnect: true, autoResubscribe: false, retryStrategy: () => null });
  subscriber.on('error', events.lost);
  subscriber.on('close', events.lost);
  subscriber.on('message', (_, message) => events.message(message));
  subscribe(subscriber, () => subscriber.subscribe(channel), events);
  return {
    ping: () => subscriber.ping(),
    close: () => Promise.resolve(subscriber.disconnect()),
  };
}

function openNodeRedis(
  subscriber: NodeRedisSubscriber,
  channel: string,
  events: ConnectionEvents,
): ListeningConnection {
  subscriber.on('error', events.lost);
  subscriber.on('reconnecting', events.lost);
  subscriber.on('end', events.lost);
  subscribe(subscriber, () => subscriber.subscribe(channel, events.message), events);
  return {
    ping: () => subscriber.ping(),
    close: () => Promise.resolve(subscriber.isOpen && subscriber.destroy()),
  };
}

function subscribe(
  subscriber: { connect(): Promise<unknown> },
  listen: () => Promise<unknown>,
  events: ConnectionEvents,
): void {
  subscriber.connect().then(listen).then(events.listening).catch(events.lost);
}

function pick<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
