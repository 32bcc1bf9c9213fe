/**
 * Carries a word from each process to all others: which sessions were ended. A driver is a function that returns one,
 * such as `redisBus` of `@trpc-sessions/core/redis`, `postgresBus` of `@trpc-sessions/core/postgres`, or {@link localBus}.
 *
 * A bus may lose messages, repeat them and deliver them late: a cache is right all the same once it hears
 * {@link BusListener.disconnected}, and within its `maxAge` when it hears nothing.
 */
export interface Bus {
  /** Sends a message to every listener, this process's own included or not. Rejects when it could not be handed over. */
  publish(message: string): Promise<void>;
  /**
   * Listens, from when {@link BusListener.connected} is called: a message that is published after that call arrives,
   * unless {@link BusListener.disconnected} is called.
   *
   * @returns a function that stops listening, and lets go of what it opened
   */
  subscribe(listener: BusListener): () => Promise<void>;
}

/** What a {@link Bus} tells. */
export interface BusListener {
  /** One that a manager cannot read empties its cache: a bus may send anything to say that messages were lost. */
  message(message: string): void;
  /** Messages arrive from now on: at first, and again after each {@link BusListener.disconnected}. */
  connected(): void;
  /** Messages may have been lost from some moment before this. */
  disconnected(): void;
}

/**
 * The bus of an app that is one process: there is nobody else to tell. To say so is what it is for.
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
