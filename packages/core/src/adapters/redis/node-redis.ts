import type { BusDriver, ConnectionEvents, ListeningConnection } from '../../bus/driver.ts';
import type { RunScript } from './limiter.ts';
import { publishIf, requireConnected } from './publish.ts';

/** The part of a client of the package `redis` that `redisBus` uses. */
export interface NodeRedisClient {
  readonly isReady: boolean;
  publish(channel: string, message: string): Promise<unknown>;
  duplicate(): NodeRedisSubscriber;
  eval?(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The part of a duplicate of such a client that `redisBus` uses. */
export interface NodeRedisSubscriber {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  ping(): Promise<unknown>;
  destroy(): void;
  on(event: 'reconnecting' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export function createNodeRedisDriver(client: NodeRedisClient, channel: string): BusDriver {
  return {
    send: (message) => publishIf(client.isReady, client, channel, message),
    silenceHint: 'publishing and subscribing must reach the same Redis',
    open: (events) => open(client.duplicate(), channel, events),
  };
}

export function runOnNodeRedis(client: NodeRedisClient): RunScript | undefined {
  if (typeof client.eval !== 'function') return undefined;
  return async (script, key, parameters) => {
    requireConnected(client.isReady);
    return client.eval?.(script, { keys: [key], arguments: [...parameters] });
  };
}

function open(subscriber: NodeRedisSubscriber, channel: string, events: ConnectionEvents): ListeningConnection {
  subscriber.on('error', events.lost);
  subscriber.on('reconnecting', () => events.lost());
  subscriber.on('end', () => events.lost());
  subscriber
    .connect()
    .then(() => subscriber.subscribe(channel, events.message))
    .then(events.listening)
    .catch(events.lost);
  return {
    ping: () => subscriber.ping(),
    close: () => Promise.resolve(subscriber.isOpen && subscriber.destroy()),
  };
}
