import type { Store, Touch } from './store.ts';

/** How many are written together: no lock is held for longer than that takes. */
const flushSize = 500;
/** How many may wait. Beyond, while the database does not answer, they are let go: the next request brings them back. */
const maxWaiting = 20 * flushSize;

/** Last-seen writes: off the request's path, one per session, many to a transaction. */
export interface Touches {
  /** Takes note of a session in use. Costs no query now. */
  add(touch: Touch): void;
  /** Writes what is waiting. Never rejects: a last-seen time that was lost comes back with the next request. */
  flush(): Promise<void>;
}

/** @param delay - how long one may wait for others to share its write, in milliseconds */
export function createTouches(store: Pick<Store, 'touch'>, delay: number, onFault: (error: unknown) => void): Touches {
  const waiting = new Map<string, Touch>();
  let writing: ReadonlySet<string> = new Set();
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // One write at a time: what comes meanwhile waits for the next.
    written = written.then(write);
    return written;
  }

  async function write(): Promise<void> {
    while (waiting.size > 0) {
      const touches = [...waiting.values()].slice(0, flushSize);
      for (const { id } of touches) waiting.delete(id);
      writing = new Set(touches.map(({ id }) => id));
      try {
        // In the order of ids, so that two nodes never wait for each other's rows.
        await store.touch(touches.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
      } catch (error) {
        onFault(error);
      }
    }
    writing = new Set();
  }

  return {
    add(touch) {
      // While its write is on the way, a request may still have read the row of before.
      if (writing.has(touch.id)) return;
      if (waiting.size >= maxWaiting && !waiting.has(touch.id)) return;
      waiting.set(touch.id, touch);
      if (waiting.size === flushSize) void flush();
      // A timer that waits must not keep a finished program alive.
      else timer ??= setTimeout(() => void flush(), delay).unref();
    },
    flush,
  };
}
