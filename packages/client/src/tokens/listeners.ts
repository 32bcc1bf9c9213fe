/** The listeners of a value. */
export interface Listeners {
  /** Calls each listener, if the value has changed since the last call. */
  readonly announce: () => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/**
 * Keeps the listeners of a value.
 *
 * @param read - reads the current value
 * @param watch - starts to look for changes from outside, while there is a listener. Returns a function that stops it
 */
export function createListeners(
  read: () => unknown,
  watch: (announce: () => void) => () => void = () => () => {},
): Listeners {
  const listeners = new Set<{ readonly call: () => void }>();
  let announced: unknown = null;
  let unwatch = () => {};

  function announce(): void {
    const value = read();
    if (value === announced) return;
    announced = value;
    for (const { call } of listeners) {
      try {
        call();
      } catch (error) {
        // It must not stop the other listeners or the login in progress. Thrown from a microtask, it is still reported.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  return {
    announce,
    subscribe(call) {
      if (listeners.size === 0) {
        announced = read();
        unwatch = watch(announce);
      }
      const listener = { call };
      listeners.add(listener);
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) unwatch();
      };
    },
  };
}
