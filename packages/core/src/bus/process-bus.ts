import type { Bus, BusListener } from './bus.ts';

/** The same for every copy of this module: frameworks load a module several times in one process. */
const listenersKey: unique symbol = Symbol.for('trpc-sessions.process-bus');

/** Weak, because an app may create a manager for each request, and close none. */
type Listeners = Set<WeakRef<BusListener>>;

function sharedListeners(): Listeners {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this module has the key
  const shared = globalThis as { [listenersKey]?: Listeners };
  return (shared[listenersKey] ??= new Set());
}

/** Looks at two references for each new one, so that those of collected managers do not pile up while no message is published. */
function dropCollected(listeners: Listeners): void {
  const [first, second] = listeners;
  for (const reference of [first, second]) {
    if (reference === undefined) return;
    listeners.delete(reference);
    // At the end again, so that the next look is at two others.
    if (reference.deref() !== undefined) listeners.add(reference);
  }
}

/** A bus within the process. */
export interface ProcessBus extends Bus {
  /** Whether managers other than its own listen. Without any, a message is not worth writing. */
  readonly hasOthers: () => boolean;
}

/**
 * The bus of managers that have none: the instances of an app's module in one process. It does not know their databases, so its
 * messages only name sessions to look up. `undefined` on a platform without weak references.
 */
export function createProcessBus(): ProcessBus | undefined {
  if (typeof WeakRef === 'undefined') return undefined;
  // Held here for as long as the manager lives. A listener that only its weak reference names would be collected.
  const own = new Set<BusListener>();
  return {
    isLocal: true,
    hasOthers: () => sharedListeners().size > own.size,
    publish(message) {
      const listeners = sharedListeners();
      for (const reference of Array.from(listeners)) {
        const listener = reference.deref();
        if (listener === undefined) listeners.delete(reference);
        else listener.message(message);
      }
      return Promise.resolve();
    },
    subscribe(listener) {
      const reference = new WeakRef(listener);
      const listeners = sharedListeners();
      dropCollected(listeners);
      listeners.add(reference);
      own.add(listener);
      return () => {
        listeners.delete(reference);
        own.delete(listener);
        return Promise.resolve();
      };
    },
  };
}
