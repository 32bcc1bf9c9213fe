import type { Bus, BusListener } from './bus.ts';

/** A bus that connects later. */
export interface LateBus extends Bus {
  /** Connects the listeners that have subscribed, and those that will. */
  readonly start: () => void;
}

/** Creates a bus that connects when it is started, or when it is first published to: a build must open no connection. */
export function createLateBus(bus: Bus): LateBus {
  const waiting = new Map<BusListener, { unsubscribe?: () => Promise<void> }>();
  let isStarted = false;

  function start(): void {
    if (isStarted) return;
    isStarted = true;
    for (const [listener, subscription] of waiting) subscription.unsubscribe = bus.subscribe(listener);
    waiting.clear();
  }

  return {
    start,
    limiters: bus.limiters,
    isLocal: bus.isLocal,
    publish(message) {
      start();
      return bus.publish(message);
    },
    subscribe(listener) {
      if (isStarted) return bus.subscribe(listener);
      const subscription: { unsubscribe?: () => Promise<void> } = {};
      waiting.set(listener, subscription);
      return async () => {
        waiting.delete(listener);
        await subscription.unsubscribe?.();
      };
    },
  };
}
