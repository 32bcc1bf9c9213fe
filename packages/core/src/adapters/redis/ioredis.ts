import type { BusDriver, ConnectionEvents, ListeningConnection } from '../../bus/driver.ts';
import type { RunScript } from './limiter.ts';
import { publishIf, requireConnected } from './publish.ts';

/** The part of an ioredis `Redis` that `redisBus` uses. */
export interface IoredisClient {
  readonly status: string;
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(override: IoredisOverride): IoredisSubscriber;
  eval?(script: string, keys: number, ...parameters: string[]): Promise<unknown>;
}

/** The part of an ioredis `Cluster` that `redisBus` uses: each node passes a message on to all others. */
export interface IoredisCluster {
  readonly status: string;
  publish(channel: string, message: string): Promise<unknown>;
  nodes(): readonly Pick<IoredisClient, 'duplicate'>[];
  eval?(script: string, keys: number, ...parameters: string[]): Promise<unknown>;
}

/** The options in which the listening connection differs from the app's own. */
export interface IoredisOverride {
  readonly lazyConnect: true;
  readonly autoResubscribe: false;
  readonly retryStrategy: () => null;
}

/** The part of a duplicate of an ioredis client that `redisBus` uses. */
export interface IoredisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): void;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export function createIoredisDriver(client: IoredisClient | IoredisCluster, channel: string): BusDriver {
  return {
    send: (message) => publishIf(isConnected(client), client, channel, message),
    silenceHint: 'publishing and subscribing must reach the same Redis',
    open: (events) => open(client, channel, events),
  };
}

/** A lazy client connects with its first command. */
const isConnected = ({ status }: { readonly status: string }): boolean => ['ready', 'wait'].includes(status);

export function runOnIoredis(client: IoredisClient | IoredisCluster): RunScript | undefined {
  if (typeof client.eval !== 'function') return undefined;
  return async (script, key, parameters) => {
    // Of an app that has just started, a command waits for the first connection.
    requireConnected(isConnected(client) || ['connecting', 'connect'].includes(client.status));
    return client.eval?.(script, 1, key, ...parameters);
  };
}

function open(client: IoredisClient | IoredisCluster, channel: string, events: ConnectionEvents): ListeningConnection {
  const node = 'nodes' in client ? pick(client.nodes()) : client;
  if (node === undefined) throw new Error('bus: no node of the Redis Cluster is known');
  const subscriber = node.duplicate({ lazyConnect: true, autoResubscribe: false, retryStrategy: () => null });
  subscriber.on('error', events.lost);
  subscriber.on('close', () => events.lost());
  subscriber.on('message', (_, message) => events.message(message));
  subscriber
    .connect()
    .then(() => subscriber.subscribe(channel))
    .then(events.listening)
    .catch(events.lost);
  return {
    ping: () => subscriber.ping(),
    close: () => Promise.resolve(subscriber.disconnect()),
  };
}

function pick<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
