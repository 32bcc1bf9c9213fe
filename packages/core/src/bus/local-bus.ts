import type { Bus, BusListener } from './bus.ts';
import { readChannel } from './channel.ts';

/** Options of {@link localBus}. */
export interface LocalBusOptions {
  /** The same for all managers of one database; managers of another database need another. @defaultValue `'trpc-sessions'` */
  readonly channel?: string | undefined;
}

/** The same for every copy of this module: frameworks load a module several times in one process. */
const channelsKey: unique symbol = Symbol.for('trpc-sessions.local-bus');

type Channels = Map<string, Set<BusListener>>;

function listenersOf(channel: string): Set<BusListener> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this module has the key
  const shared = globalThis as { [channelsKey]?: Channels };
  const channels = (shared[channelsKey] ??= new Map());
  let listeners = channels.get(channel);
  if (listeners === undefined) channels.set(channel, (listeners = new Set()));
  return listeners;
}

/**
 * A bus within one process, for an app that is a single process. All of them with the same channel are one bus, though
 * each may be made by another copy of this module.
 *
 * @example
 * ```ts
 * import { createSessionManager, localBus, memoryCache } from '@trpc-sessions/core';
 *
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: localBus() });
 * ```
 */
export function localBus({ channel }: LocalBusOptions = {}): Bus {
  const listeners = listenersOf(readChannel(channel));
  return {
    isLocal: true,
    publish(message) {
      for (const listener of Array.from(listeners)) listener.message(message);
      return Promise.resolve();
    },
    subscribe(listener) {
      listeners.add(listener);
      listener.connected();
      return () => {
        listeners.delete(listener);
        return Promise.resolve();
      };
    },
  };
}
