import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { parseDuration, type Duration } from '../duration.ts';

/** How expired rows are deleted. */
export interface PurgeOptions {
  /** How many rows one statement deletes at most, up to 10,000: no lock is held for longer than that takes. @defaultValue 100 */
  readonly chunkSize?: number | undefined;
  /**
   * Does it again this often, until the manager is closed: `'1h'`. What fails then is told by the event `fault`. Each run
   * waits for the one before. @defaultValue once
   */
  readonly schedule?: Duration | undefined;
}

/** Deletes expired rows, now and on a schedule. */
export interface Purges {
  run(options?: PurgeOptions): Promise<number>;
  /** Ends the schedules, and waits for the chunk that is being deleted. */
  stop(): Promise<void>;
}

/** What purging is made of. */
export interface PurgeParts {
  /** Returns how many rows it deleted, `undefined` where there is none left. */
  readonly deleteChunk: (limit: number) => Promise<number | undefined>;
  /** Whether requests of this process wait for a chunk, as on SQLite. */
  readonly isBlocking: boolean;
  /** How many requests there have been so far. */
  readonly countRequests: () => number;
  readonly onPurged: (count: number) => void;
  readonly onFault: (error: unknown) => void;
}

const defaultChunkSize = 100;
/** A statement takes an id for each. */
const maxChunkSize = 10_000;
const maxInVain = 10;

/**
 * Where there are requests, and they wait for a chunk, purging comes to take a hundredth of the time: fewer than one in a
 * hundred meets a chunk that is being deleted. Where a server does the work, a tenth. Where there are no requests, as in
 * a program that does nothing else, all of it.
 */
const maxRestPerWork = { blocking: 99, remote: 9 };
const growth = 1.5;
/** How long requests may wait for a chunk, in milliseconds: one that takes longer is followed by a smaller one. */
const maxBlocking = 5;
const minChunkSize = 5;

export function createPurges({ deleteChunk, isBlocking, countRequests, onPurged, onFault }: PurgeParts): Purges {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<unknown>>();
  const stopping = new AbortController();

  async function purge(chunkSize: number): Promise<number> {
    let count = 0;
    let restPerWork = 1;
    let limit = chunkSize;
    let inVain = 0;
    while (!stopping.signal.aborted) {
      const requests = countRequests();
      const started = performance.now();
      const deleted = await deleteChunk(limit);
      if (deleted === undefined) break;
      count += deleted;
      // Another process may have been quicker, once or twice; a database that forbids it will not change its mind.
      inVain = deleted === 0 ? inVain + 1 : 0;
      if (inVain === maxInVain)
        throw new Error('purgeExpired: the database deletes none of the rows that have expired');
      const work = performance.now() - started;
      // Whoever waits has a turn, and is counted.
      await immediate();
      if (countRequests() === requests) continue;
      await sleep(work * restPerWork, undefined, { signal: stopping.signal }).catch(() => {});
      // A few chunks are soon done; the longer it goes on, the more it gives way.
      restPerWork = Math.min(isBlocking ? maxRestPerWork.blocking : maxRestPerWork.remote, restPerWork * growth);
      if (isBlocking) limit = nextLimit(limit, chunkSize, work);
    }
    if (count > 0) onPurged(count);
    return count;
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
    // A purge to come must not keep a finished program alive.
    timers.add(timer.unref());
  }

  return {
    async run({ chunkSize = defaultChunkSize, schedule } = {}) {
      if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > maxChunkSize) {
        throw new RangeError(`chunkSize: expected a whole number from 1 to ${maxChunkSize}, got ${String(chunkSize)}`);
      }
      if (stopping.signal.aborted) throw new Error('purgeExpired: the manager is closed');
      if (schedule !== undefined) repeat(chunkSize, readInterval(schedule));
      return track(purge(chunkSize));
    },
    async stop() {
      stopping.abort();
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

/** What a timer can count, in milliseconds: anything longer it would take for nothing at all. */
const maxInterval = 2 ** 31 - 1;

function readInterval(schedule: Duration): number {
  const interval = parseDuration('schedule', schedule, 1000);
  if (interval > maxInterval)
    throw new RangeError(`schedule: must be at most 24 days, got ${JSON.stringify(schedule)}`);
  return interval;
}
