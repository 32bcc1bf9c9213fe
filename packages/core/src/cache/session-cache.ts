import { isEnded, type EndedSessions } from '../session/ended-sessions.ts';
import { sessionOf, type Session, type SessionRow } from '../session/session.ts';
import { createGenerationalMap } from './generational-map.ts';
import { createHeldBack } from './held-back.ts';
import type { MemoryCache } from './memory-cache.ts';

/** A session and the row that it was made of. */
export interface CachedSession {
  readonly row: SessionRow;
  readonly session: Session;
}

/** Live sessions in memory. */
export interface SessionCache {
  /** The session, if it is cached and the cache is up to date. */
  get(id: string, now: number): CachedSession | undefined;
  /** Reads a session, and caches it unless it was, or may have been, revoked since the read began. */
  load(id: string, userId: string, read: () => Promise<SessionRow | undefined>): Promise<SessionRow | undefined>;
  /** Drops sessions that were revoked, and caches no read of them that has already begun. */
  invalidate(ended: EndedSessions): void;
  /** Does so for sessions that an open transaction revokes: they are not cached again until `maxAge` has passed. */
  holdBack(ended: EndedSessions): void;
  /** Updates the row of a cached session after a last-seen write, so that it does not seem idle. */
  updateRow(row: SessionRow): void;
  /** Drops every session. */
  clear(): void;
  /** Every revocation is delivered from now on. The cache starts empty. */
  enable(): void;
  /** Revocations may be missed: nothing is cached until {@link SessionCache.enable}. */
  disable(): void;
}

interface Entry extends CachedSession {
  /** When its read began. */
  readonly since: number;
}

interface Load {
  readonly id: string;
  readonly userId: string;
  /** Whether the row may have been deleted since the read began. */
  isStale: boolean;
}

export function createSessionCache({ max, maxAge, guard }: MemoryCache, clock: () => number): SessionCache {
  // By user: revoking all of a user's sessions must not read everyone's.
  const entries = createGenerationalMap<Entry>(max, ({ row }) => row.user_id);
  const loads = new Set<Load>();
  const heldBack = createHeldBack(maxAge, clock);
  // A guard detects every write from the start.
  let enabled = guard !== undefined;
  let version = guard?.version();

  function clear(): void {
    entries.clear();
    for (const load of loads) load.isStale = true;
  }

  function isEnabled(): boolean {
    if (guard === undefined) return enabled;
    const current = guard.version();
    if (current !== version) clear();
    version = current;
    return enabled;
  }

  function invalidate(ended: EndedSessions): void {
    for (const load of loads) {
      if (isEnded(ended, load)) load.isStale = true;
    }
    for (const id of ended.ids ?? entries.keysOf(ended.userId)) {
      // A message affects only sessions of the user that it names.
      const entry = entries.get(id);
      if (entry !== undefined && isEnded(ended, { id, userId: entry.row.user_id })) entries.delete(id);
    }
  }

  function isFresh({ since }: Entry, now: number): boolean {
    if (guard !== undefined) return true;
    const age = now - since;
    // Negative if the clock was set back: then the age is unknown.
    return age >= 0 && age < maxAge;
  }

  function cache(row: SessionRow, since: number): void {
    // Frozen: requests share it.
    entries.set(row.id, { row, session: Object.freeze(sessionOf(row)), since });
  }

  return {
    get(id, now) {
      if (!isEnabled()) return undefined;
      const entry = entries.get(id);
      if (entry === undefined || isFresh(entry, now)) return entry;
      entries.delete(id);
      return undefined;
    },

    async load(id, userId, read) {
      const load: Load = { id, userId, isStale: !isEnabled() };
      const since = clock();
      loads.add(load);
      try {
        const row = await read();
        if (row !== undefined && isEnabled() && !load.isStale && !heldBack.has(id, userId)) cache(row, since);
        return row;
      } finally {
        loads.delete(load);
      }
    },

    invalidate,

    holdBack(ended) {
      invalidate(ended);
      heldBack.add(ended);
    },

    updateRow(row) {
      const entry = entries.get(row.id);
      if (entry !== undefined) cache(row, entry.since);
    },

    clear,

    enable() {
      clear();
      enabled = true;
    },

    disable() {
      enabled = false;
      clear();
    },
  };
}
