import { isInSet, type SessionSet } from '../session/session-set.ts';
import type { LookedUpRow } from '../session/session.ts';
import { cachedRow, type CachedRow } from './cached-row.ts';
import { createHeldBack } from './held-back.ts';
import type { MemoryCache } from './memory-cache.ts';

/** Holds the row of a session: a verified token, so that one look-up finds both. A holder that is dropped takes its row along. */
export interface RowHolder {
  readonly id: string;
  readonly userId: string;
  /** Only the cache reads and writes it, or without a cache, the look-ups of known rows. */
  cached: CachedRow | undefined;
}

/** Live sessions in memory. */
export interface SessionCache {
  /** The row, if it is cached and the cache is up to date. */
  get(holder: RowHolder, now: number): LookedUpRow | undefined;
  /** Reads a row, and caches it unless it was, or may have been, revoked since the read began. */
  load(holder: RowHolder, read: () => Promise<LookedUpRow | undefined>): Promise<LookedUpRow | undefined>;
  /** Drops sessions that were revoked, and caches no read of them that has already begun. */
  invalidate(revoked: SessionSet): void;
  /** Does so for sessions that an open transaction revokes: they are not cached again until `maxAge` has passed. */
  holdBack(revoked: SessionSet): void;
  /** Updates a cached session after a last-seen write, so that it does not seem idle. Its other columns may be newer than those given. */
  updateRow(seen: SeenRow): void;
  /** Drops every session. */
  clear(): void;
  /** Every revocation is delivered from now on. The cache starts empty. */
  enable(): void;
  /** Revocations may be missed: nothing is cached until {@link SessionCache.enable}. */
  disable(): void;
}

/** The columns that a last-seen write changes. */
export type SeenRow = Pick<LookedUpRow, 'id' | 'user_id' | 'last_seen_at' | 'ip' | 'user_agent' | 'device'>;

interface Load {
  readonly id: string;
  readonly userId: string;
  /** Whether the row may have been deleted since the read began. */
  isStale: boolean;
}

/** @param holdersOf - every holder of a user's that can be found again: revoking all of a user's sessions must not read everyone's */
export function createSessionCache(
  { maxAge, guard }: MemoryCache,
  clock: () => number,
  holdersOf: (userId: string) => readonly RowHolder[],
): SessionCache {
  const loads = new Set<Load>();
  const heldBack = createHeldBack(maxAge, clock);
  // A guard detects every write from the start.
  let enabled = guard !== undefined;
  let version = guard?.version();
  /** Reads are timed from here: a small whole number takes no memory of its own, and a million rows have one each. */
  const start = clock();
  /** How often the cache was emptied. A row of an earlier time is no longer cached, wherever it is. */
  let emptied = 0;

  function clear(): void {
    emptied += 1;
    for (const load of loads) load.isStale = true;
  }

  function isEnabled(): boolean {
    if (guard === undefined) return enabled;
    const current = guard.version();
    if (current !== version) clear();
    version = current;
    return enabled;
  }

  function invalidate(revoked: SessionSet): void {
    for (const load of loads) {
      if (isInSet(revoked, load)) load.isStale = true;
    }
    // A message affects only sessions of the user that it names.
    for (const holder of holdersOf(revoked.userId)) {
      if (isInSet(revoked, holder)) holder.cached = undefined;
    }
  }

  function isFresh({ since }: CachedRow, now: number): boolean {
    if (guard !== undefined) return true;
    const age = now - start - since;
    // Negative if the clock was set back: then the age is unknown.
    return age >= 0 && age < maxAge;
  }

  return {
    get(holder, now) {
      if (!isEnabled()) return undefined;
      const { cached } = holder;
      if (cached === undefined) return undefined;
      if (cached.emptied === emptied && isFresh(cached, now)) return cached;
      holder.cached = undefined;
      return undefined;
    },

    async load(holder, read) {
      const { id, userId } = holder;
      const load: Load = { id, userId, isStale: !isEnabled() };
      const since = Math.floor(clock() - start);
      loads.add(load);
      try {
        const row = await read();
        // Another user's row is no session of this holder's.
        if (row?.user_id === userId && isEnabled() && !load.isStale && !heldBack.has(id, userId)) {
          holder.cached = cachedRow(row, holder, { since, emptied });
        }
        return row;
      } finally {
        loads.delete(load);
      }
    },

    invalidate,

    holdBack(revoked) {
      invalidate(revoked);
      heldBack.add(revoked);
    },

    updateRow({ id, user_id: userId, last_seen_at, ip, user_agent, device }) {
      for (const holder of holdersOf(userId)) {
        const { cached } = holder;
        if (holder.id !== id || cached === undefined) continue;
        holder.cached = cachedRow({ ...cached, last_seen_at, ip, user_agent, device }, holder, cached);
      }
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
