import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { parseTimeout, type Duration } from '../duration.ts';
import { createProgressCheck } from '../store/purge-progress.ts';
import type { WriteBack } from '../drivers/direct-connection.ts';
import type { PurgedChunk } from '../store/store.ts';
import { requireKnownOptions } from '../known-options.ts';

/** How expired rows are deleted. */
export interface PurgeOptions {
  /** The most rows that one statement deletes, up to 10,000: it holds no lock for longer than that takes. @defaultValue 100 */
  readonly chunkSize?: number | undefined;
  /**
   * Repeats the purge this often until the manager is closed: `'1h'`. The event `fault` reports a run that fails. Runs
   * never overlap. @defaultValue once
   */
  readonly schedule?: Duration | undefined;
}

/** Deletes expired rows, now and on a schedule. */
export interface Purges {
  run(options?: PurgeOptions): Promise<number>;
  /** Stops the schedules, and waits for the chunk that is being deleted. */
  stop(): Promise<void>;
}

/** The parts that purge. */
export interface PurgeParts {
  readonly beforeChunk: () => Promise<void>;
  /** Returns `undefined` when no rows are left. */
  readonly deleteChunk: (limit: number) => Promise<PurgedChunk | undefined>;
  /** Begins to write the log of the database back; `undefined` if the database does that itself. */
  readonly openWriteBack: () => WriteBack | undefined;
  /** Whether requests of this process wait for a chunk, as on SQLite. */
  readonly isBlocking: boolean;
  /** How many requests there were so far. */
  readonly countRequests: () => number;
  readonly onPurged: (count: number) => void;
  readonly onFault: (error: unknown) => void;
}

const defaultChunkSize = 100;
/** A statement has a parameter for each. */
const maxChunkSize = 10_000;

/**
 * How long purging rests at most for each millisecond of work. So about a tenth of the time is work, however many requests there are,
 * and each purge ends. Without requests it does not rest.
 */
const maxRestPerWork = 9;
/** The first rest is as long as the work, and each chunk multiplies it by this: a few chunks are soon done. */
const restGrowth = 1.5;
/** How long a chunk may block requests, in milliseconds: a smaller one follows a longer one. */
const maxBlocking = 4;
const minChunkSize = 5;

export function createPurges(parts: PurgeParts): Purges {
  const { beforeChunk, deleteChunk, openWriteBack, isBlocking, countRequests, onPurged, onFault } = parts;
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<unknown>>();
  let stopped = false;
  const isStopped = () => stopped;
  // Created on first use: Cloudflare Workers forbid it while a module loads.
  let stopping: AbortController | undefined;

  /** Reports the deleted rows, also of a run that fails in the end or is stopped. */
  async function purge(chunkSize: number): Promise<number> {
    let count = 0;
    const writeBack = openWriteBack();
    try {
      await deleteChunks(chunkSize, writeBack, (deleted) => (count += deleted));
    } finally {
      await writeBack?.close();
      if (count > 0) onPurged(count);
    }
    return count;
  }

  async function deleteChunks(
    chunkSize: number,
    writeBack: WriteBack | undefined,
    onDeleted: (count: number) => void,
  ): Promise<void> {
    let restPerWork = 1;
    let limit = chunkSize;
    const requireProgress = createProgressCheck('purgeExpired: the database deletes none of the expired rows');
    while (!isStopped()) {
      const requests = countRequests();
      await beforeChunk();
      const started = performance.now();
      const chunk = await deleteChunk(limit);
      if (chunk === undefined) return;
      if (chunk.areRecords !== true) onDeleted(chunk.deleted);
      requireProgress(chunk);
      const work = performance.now() - started;
      // Requests that wait run now, and are counted.
      await immediate();
      if (countRequests() === requests) {
        writeBack?.here();
        continue;
      }
      // A chunk that blocked for longer had to wait for a disk or a processor: a longer rest would not help.
      const counted = isBlocking ? Math.min(work, maxBlocking) : work;
      stopping ??= new AbortController();
      await Promise.all([
        sleep(counted * restPerWork, undefined, { signal: stopping.signal }).catch(() => {}),
        writeBack?.beside(chunk.deleted),
      ]);
      restPerWork = Math.min(maxRestPerWork, restPerWork * restGrowth);
      if (isBlocking) limit = nextLimit(limit, chunkSize, work);
    }
  }

  function track(work: Promise<number>): Promise<number> {
    const settled: Promise<unknown> = work.then(
      () => running.delete(settled),
      () => running.delete(settled),
    );
    running.add(settled);
    return work;
  }

  function repeat(chunkSize: number, interval: number): void {
    const timer = setInterval(() => {
      if (running.size === 0) track(purge(chunkSize)).catch(onFault);
    }, interval);
    timers.add(timer);
    // A timer must not keep a finished program alive. On Cloudflare Workers it can be a number, without `unref`.
    timer.unref?.();
  }

  return {
    async run(options = {}) {
      requireKnownOptions('purgeExpired', options, { chunkSize: true, schedule: true });
      const { chunkSize = defaultChunkSize, schedule } = options;
      if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > maxChunkSize) {
        throw new RangeError(`chunkSize: expected a whole number from 1 to ${maxChunkSize}, got ${String(chunkSize)}`);
      }
      if (stopped) throw new Error('purgeExpired: the manager is closed');
      if (schedule !== undefined) repeat(chunkSize, parseTimeout('schedule', schedule, 1000));
      return track(purge(chunkSize));
    },
    async stop() {
      stopped = true;
      stopping?.abort();
      for (const timer of timers) clearInterval(timer);
      timers.clear();
      await Promise.all(running);
    },
  };
}

function nextLimit(limit: number, chunkSize: number, work: number): number {
  if (work > maxBlocking) return Math.min(chunkSize, Math.max(minChunkSize, Math.floor(limit / 2)));
  return work < maxBlocking / 2 ? Math.min(chunkSize, limit * 2) : limit;
}
