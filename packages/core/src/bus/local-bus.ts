import type { Bus, BusListener } from './bus.ts';

/**
 * A bus within one process, for an app that is a single process.
 *
 * @example
 * ```ts
 * import { createSessionManager, localBus, memoryCache } from '@trpc-sessions/core';
 *
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: localBus() });
 * ```
 */
export function localBus(): Bus {
  const listeners = new Set<BusListener>();
  return {
    publish(message) {
      for (const listener of listeners) listener.message(message);
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
