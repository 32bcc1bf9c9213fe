import { parseDuration, type Duration } from '../duration.ts';
import { isEnded, type EndedSessions } from '../session/ended-sessions.ts';
import { sessionOf, type Session, type SessionRow } from '../session/session.ts';

/** What {@link memoryCache} takes. */
export interface MemoryCacheOptions {
  /** The most sessions that are kept, with their tokens; those used least of late make room. About one and a half kilobytes each. */
  readonly max: number;
  /** How long a session is believed without asking the database, should every message be lost. @defaultValue `'1m'` */
  readonly maxAge?: Duration | undefined;
  /** Tells of every write, so that no bus is needed: `dataVersionGuard` of `@trpc-sessions/core/sqlite`. */
  readonly guard?: CacheGuard | undefined;
}

/** Tells whether a cache may be believed. Several may share one. */
export interface CacheGuard {
  /** Another value whenever anything may have been written. */
  version(): unknown;
}

/** How a manager is to cache live sessions. */
export interface MemoryCache {
  readonly max: number;
  /** In milliseconds. */
  readonly maxAge: number;
  readonly guard: CacheGuard | undefined;
}

/**
 * Keeps live sessions in this process's memory, so that most requests need no query. What ends a session here counts
 * here at once; what ends it elsewhere counts as soon as the bus tells, or at once under a `guard`.
 *
 * @throws {RangeError} an option is out of range
 *
 * @example
 * ```ts
 * import { createSessionManager, memoryCache } from '@trpc-sessions/core';
 * import { redisBus } from '@trpc-sessions/core/redis';
 *
 * const manager = createSessionManager({ db, keys, cache: memoryCache({ max: 100_000 }), bus: redisBus(redis) });
 * ```
 */
export function memoryCache({ max, maxAge = '1m', guard }: MemoryCacheOptions): MemoryCache {
  if (!Number.isInteger(max) || max < 1) {
    throw new RangeError(`cache: max: expected a whole number of at least 1, got ${String(max)}`);
  }
  return Object.freeze({ max, maxAge: parseDuration('cache: maxAge', maxAge), guard });
}

/** A session as it was read. */
export interface LiveSession {
  readonly row: SessionRow;
  readonly session: Session;
}

/** Live sessions in memory, kept right. */
export interface LiveSessions {
  /** What is known of a session, if it may be believed. */
  get(id: string, now: number): LiveSession | undefined;
  /** Reads a session, and keeps it unless it was, or may have been, ended since the reading began. */
  load(id: string, userId: string, read: () => Promise<SessionRow | undefined>): Promise<SessionRow | undefined>;
  /** Forgets sessions that were ended, those included whose reading has begun. */
  forget(ended: EndedSessions): void;
  /**
   * Forgets sessions that are being ended in a transaction that nobody knows the end of: none of them is kept for as long as
   * any session is believed.
   */
  doubt(ended: EndedSessions): void;
  /** Notes what a row has become by a session's being seen, so that it is not taken for idle. */
  see(id: string, row: SessionRow): void;
  /** Forgets everything. */
  clear(): void;
  /** From now on the cache hears of every ending: it starts empty. */
  trust(): void;
  /** Endings may be missed: the database is asked until {@link LiveSessions.trust}. */
  distrust(): void;
}

interface Entry extends LiveSession {
  /** When its reading began. */
  readonly since: number;
}

interface Load {
  readonly id: string;
  readonly userId: string;
  /** Whether what is being read may already be wrong. */
  spoiled: boolean;
}

/** Sessions that came to be known in the same period. */
interface Generation {
  readonly entries: Map<string, Entry>;
  /** The ids among them, by user: ending all of a user's sessions must not look at everybody's. */
  readonly owned: Map<string, Set<string>>;
}

const createGeneration = (): Generation => ({ entries: new Map(), owned: new Map() });

function add({ entries, owned }: Generation, id: string, entry: Entry): void {
  entries.set(id, entry);
  const ids = owned.get(entry.row.user_id);
  if (ids === undefined) owned.set(entry.row.user_id, new Set([id]));
  else ids.add(id);
}

function remove({ entries, owned }: Generation, id: string): void {
  const userId = entries.get(id)?.row.user_id;
  if (userId === undefined) return;
  entries.delete(id);
  const ids = owned.get(userId);
  ids?.delete(id);
  if (ids?.size === 0) owned.delete(userId);
}

export function createLiveSessions({ max, maxAge, guard }: MemoryCache, clock: () => number): LiveSessions {
  // Two generations, the older dropped as a whole: a session in use costs one look-up, and no list of uses.
  const half = Math.max(1, Math.floor(max / 2));
  let young = createGeneration();
  let old = createGeneration();
  const loads = new Set<Load>();
  /** Until when an id is not to be kept. */
  const doubts = new Map<string, number>();
  // A guard knows of every write from the first.
  let trusted = guard !== undefined;
  let version = guard?.version();

  function keep(id: string, entry: Entry): void {
    remove(old, id);
    if (young.entries.size >= half && !young.entries.has(id)) {
      old = young;
      young = createGeneration();
    }
    add(young, id, entry);
  }

  function find(id: string): Entry | undefined {
    const entry = young.entries.get(id);
    if (entry !== undefined) return entry;
    const older = old.entries.get(id);
    if (older !== undefined) keep(id, older);
    return older;
  }

  function forgetAll(): void {
    young = createGeneration();
    old = createGeneration();
    for (const load of loads) load.spoiled = true;
  }

  function isTrusted(): boolean {
    if (guard === undefined) return trusted;
    const now = guard.version();
    if (now !== version) forgetAll();
    version = now;
    return trusted;
  }

  function isDoubted(id: string): boolean {
    const until = doubts.get(id);
    return until !== undefined && clock() < until;
  }

  function forget(ended: EndedSessions): void {
    for (const load of loads) {
      if (isEnded(ended, load)) load.spoiled = true;
    }
    for (const generation of [young, old]) {
      const ids = ended.ids ?? [...(generation.owned.get(ended.userId) ?? [])];
      for (const id of ids) {
        // A message is believed only of the user it names.
        const entry = generation.entries.get(id);
        if (entry !== undefined && isEnded(ended, { id, userId: entry.row.user_id })) remove(generation, id);
      }
    }
  }

  function isFresh({ since }: Entry, now: number): boolean {
    if (guard !== undefined) return true;
    const age = now - since;
    // A clock that was set back tells nothing.
    return age >= 0 && age < maxAge;
  }

  return {
    get(id, now) {
      if (!isTrusted()) return undefined;
      const entry = find(id);
      if (entry === undefined || isFresh(entry, now)) return entry;
      remove(young, id);
      return undefined;
    },

    async load(id, userId, read) {
      const load: Load = { id, userId, spoiled: !isTrusted() };
      const since = clock();
      loads.add(load);
      try {
        const row = await read();
        if (row === undefined) return undefined;
        // Frozen: the requests that it lets in share it.
        if (isTrusted() && !load.spoiled && !isDoubted(id))
          keep(id, { row, session: Object.freeze(sessionOf(id, row)), since });
        return row;
      } finally {
        loads.delete(load);
      }
    },

    forget,

    doubt(ended) {
      forget(ended);
      const now = clock();
      for (const [id, until] of doubts) if (until <= now) doubts.delete(id);
      for (const id of ended.ids ?? []) doubts.set(id, now + maxAge);
    },

    see(id, row) {
      const generation = young.entries.has(id) ? young : old;
      const entry = generation.entries.get(id);
      if (entry === undefined) return;
      generation.entries.set(id, { row, session: Object.freeze(sessionOf(id, row)), since: entry.since });
    },

    clear: forgetAll,

    trust() {
      forgetAll();
      trusted = true;
    },

    distrust() {
      trusted = false;
      forgetAll();
    },
  };
}
