import { setTimeout as sleep } from 'node:timers/promises';
import type { LastSeenWrite, Store } from '../store/store.ts';
import { untilSettled } from '../store/time-limit.ts';

/** How many sessions one transaction writes: it holds no lock for longer than that takes. */
const batchSize = 500;
/** How many writes may wait for the database. Further writes are dropped: the session's next request adds one again. */
const maxWaiting = 20 * batchSize;
/** When failed writes are retried, in milliseconds. */
const retryDelay = 1000;
/** How long a call waits for writes that may wait for a lock themselves, in milliseconds. */
const maxFlushTime = 1000;

/** Last-seen writes: after the request, at most one for each session, many in a transaction. */
export interface LastSeenWrites {
  /** Queues a write. Returns `false` if it was dropped. */
  add(write: LastSeenWrite): boolean;
  /** The time of a session's write that is still waiting; `-Infinity` for none. */
  seenAt(id: string): number;
  /** Writes everything that waits. It never rejects: a failed write is retried later. */
  flush(): Promise<void>;
  /** Flushes, and waits for at most a second: a write may wait for a lock that the caller holds. */
  flushBriefly(): Promise<void>;
  /** Flushes once more, and retries nothing from then on. */
  stop(): Promise<void>;
}

/** A later write, with the changes of an earlier one that never ran. */
function join(earlier: LastSeenWrite, later: LastSeenWrite): LastSeenWrite {
  const { userAgent, device } = later.device === null ? earlier : later;
  return { ...later, ip: later.ip ?? earlier.ip, userAgent, device };
}

/**
 * @param delay - how long a write may wait to share its query with others, in milliseconds
 * @param waitUntil - called for each write that is queued, with a promise that resolves when it is written
 */
export function createLastSeenWrites(
  store: Pick<Store, 'writeLastSeen'>,
  delay: number,
  onFault: (error: unknown) => void,
  waitUntil?: (pending: Promise<void>) => void,
): LastSeenWrites {
  const waiting = new Map<string, LastSeenWrite>();
  let running: ReadonlyMap<string, LastSeenWrite> = new Map();
  let timer: NodeJS.Timeout | undefined;
  /** The next flush, for those who wait for it. */
  let next: PromiseWithResolvers<void> | undefined;
  let flushed: Promise<void> = Promise.resolve();
  let isStopped = false;

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // One batch at a time: writes that are added meanwhile wait for the next.
    flushed = flushed.then(writeAll);
    next?.resolve(flushed);
    next = undefined;
    return flushed;
  }

  function flushIn(milliseconds: number): void {
    if (timer !== undefined || isStopped) return;
    timer = setTimeout(() => void flush(), milliseconds);
    // A timer must not keep a finished program alive, unless the platform waits for its write. On Cloudflare Workers it can
    // be a number, without `unref`.
    if (next === undefined) timer.unref?.();
  }

  function announce(): void {
    if (waitUntil === undefined) return;
    next ??= Promise.withResolvers();
    try {
      waitUntil(next.promise);
    } catch (error) {
      // The platform's own fault, such as a call outside of a request. It must not fail the request.
      onFault(error);
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting.values()].slice(0, batchSize);
      for (const { id } of batch) waiting.delete(id);
      if (await isWritten(batch)) continue;
      for (const write of batch) if (!waiting.has(write.id) && waiting.size < maxWaiting) waiting.set(write.id, write);
      return flushIn(retryDelay);
    }
  }

  async function isWritten(batch: readonly LastSeenWrite[]): Promise<boolean> {
    running = new Map(batch.map((write) => [write.id, write]));
    try {
      // In the order of ids, so that two nodes rarely wait for each other's rows.
      await store.writeLastSeen(batch.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
      return true;
    } catch (error) {
      onFault(error);
      // A retry beside it would wait for the same rows, with another connection.
      await untilSettled(error);
      return false;
    } finally {
      running = new Map();
    }
  }

  return {
    add(write) {
      if (isStopped) return false;
      // While a write runs, a request may still have read the old row.
      if (running.has(write.id)) return false;
      const earlier = waiting.get(write.id);
      if (earlier === undefined && waiting.size >= maxWaiting) return false;
      waiting.set(write.id, earlier === undefined ? write : join(earlier, write));
      announce();
      if (waiting.size === batchSize) void flush();
      else flushIn(delay);
      return true;
    },
    seenAt: (id) => (waiting.get(id) ?? running.get(id))?.seenAt ?? -Infinity,
    flush,
    async flushBriefly() {
      if (waiting.size === 0 && running.size === 0) return;
      const late = new AbortController();
      await Promise.race([
        flush(),
        sleep(maxFlushTime, undefined, { signal: late.signal, ref: false }).catch(() => {}),
      ]);
      late.abort();
    },
    stop() {
      isStopped = true;
      return flush();
    },
  };
}
