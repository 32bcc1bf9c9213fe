import { setTimeout as sleep } from 'node:timers/promises';
import type { Store, Touch } from '../store/store.ts';

/** How many are written together: no lock is held for longer than that takes. */
const flushSize = 500;
/** How many may wait. Beyond, while the database does not answer, they are let go: the next request brings them back. */
const maxWaiting = 20 * flushSize;
/** How soon those that failed are tried again, in milliseconds. */
const retryDelay = 1000;
/** How long anyone waits for writes that may be waiting for a lock themselves, in milliseconds. */
const patience = 1000;

/** Last-seen writes: off the request's path, one per session, many to a transaction. */
export interface Touches {
  /** Takes note of a session in use. Costs no query now. Returns whether it was taken. */
  add(touch: Touch): boolean;
  /** When a session was last seen by what is not written yet: `-Infinity` where nothing is. */
  seenAt(id: string): number;
  /** Writes what is waiting. Never rejects: what fails is tried again. */
  flush(): Promise<void>;
  /** Does so, but waits no longer than a moment: a write may wait for a lock that its caller holds. */
  settle(): Promise<void>;
}

/** @param delay - how long one may wait for others to share its write, in milliseconds */
export function createTouches(store: Pick<Store, 'touch'>, delay: number, onFault: (error: unknown) => void): Touches {
  const waiting = new Map<string, Touch>();
  let writing: ReadonlyMap<string, Touch> = new Map();
  let timer: NodeJS.Timeout | undefined;
  let written: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // One write at a time: what comes meanwhile waits for the next.
    written = written.then(writeAll);
    return written;
  }

  function flushIn(milliseconds: number): void {
    // A timer that waits must not keep a finished program alive.
    timer ??= setTimeout(() => void flush(), milliseconds).unref();
  }

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const touches = [...waiting.values()].slice(0, flushSize);
      for (const { id } of touches) waiting.delete(id);
      if (await isWritten(touches)) continue;
      for (const touch of touches)
        if (!waiting.has(touch.id) && waiting.size < maxWaiting) waiting.set(touch.id, touch);
      return flushIn(retryDelay);
    }
  }

  async function isWritten(touches: readonly Touch[]): Promise<boolean> {
    writing = new Map(touches.map((touch) => [touch.id, touch]));
    try {
      // In the order of ids, so that two nodes never wait for each other's rows.
      await store.touch(touches.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
      return true;
    } catch (error) {
      onFault(error);
      return false;
    } finally {
      writing = new Map();
    }
  }

  return {
    add(touch) {
      // While its write is on the way, a request may still have read the row of before.
      if (writing.has(touch.id)) return false;
      const before = waiting.get(touch.id);
      if (before === undefined && waiting.size >= maxWaiting) return false;
      waiting.set(touch.id, before?.ip != null && touch.ip === null ? { ...touch, ip: before.ip } : touch);
      if (waiting.size === flushSize) void flush();
      else flushIn(delay);
      return true;
    },
    seenAt: (id) => (waiting.get(id) ?? writing.get(id))?.seenAt ?? -Infinity,
    flush,
    async settle() {
      if (waiting.size === 0 && writing.size === 0) return;
      const late = new AbortController();
      await Promise.race([flush(), sleep(patience, undefined, { signal: late.signal, ref: false }).catch(() => {})]);
      late.abort();
    },
  };
}
