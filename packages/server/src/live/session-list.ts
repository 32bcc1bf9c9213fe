import type { Session, SessionManager } from '@trpc-sessions/core';
import { createChangeQueue, type ChangeQueue } from './change-queue.ts';
import type { Looks } from './looks.ts';
import { arrivalsIn, type KnownSessions, type SessionChange } from './session-changes.ts';

/** Watches the sessions of one user for all readers of them: they share its look-ups. */
export interface SessionList {
  /** Opens a queue of changes. The first is the whole list. */
  read(): ChangeQueue;
  /** Looks for changes as soon as possible. */
  check(): void;
}

/** The parts of the manager that watch a user's sessions. */
export type ListedSessions = Pick<SessionManager, 'list' | 'listEnded' | 'now'>;

/** The most sessions that are watched, as in `sessions.list`. */
export const maxListed = 100;

/** How often the list is read without an event, in milliseconds. The shortest wait doubles after each fault. */
const interval = 60_000;
const minInterval = 1000;

/** @param onEmpty - called once, when it has no reader any more */
export function createSessionList(
  { manager, looks }: { readonly manager: ListedSessions; readonly looks: Looks },
  userId: string,
  onEmpty: () => void,
): SessionList {
  const readers = new Set<ChangeQueue>();
  let known: KnownSessions | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let isStale = false;
  let isOver = false;
  let failures = 0;

  function untilNextLook(): number {
    if (failures > 0) return Math.min(interval, minInterval * 2 ** failures) * (0.5 + Math.random() / 2);
    const ends = Array.from(known?.values() ?? [], ({ expiresAt }) => expiresAt.getTime() - manager.now());
    return Math.min(interval, ...ends.map((end) => Math.max(minInterval, end)));
  }

  /** Decides how the sessions have ended that are listed no longer. */
  async function departuresFrom(gone: readonly Session[]): Promise<SessionChange[]> {
    if (gone.length === 0) return [];
    const now = manager.now();
    const unexpired = gone.filter(({ expiresAt }) => expiresAt.getTime() > now).map(({ id }) => id);
    const ends = new Map((await manager.listEnded({ userId, ids: unexpired })).map((end) => [end.id, end]));
    return gone.map(({ id, expiresAt }): SessionChange => {
      const end = ends.get(id);
      const hasExpired = expiresAt.getTime() <= now || end?.cause === 'idle';
      return hasExpired ? { type: 'expired', id } : { type: 'revoked', id, end };
    });
  }

  async function readChanges(): Promise<{ sessions: readonly Session[]; changes: readonly SessionChange[] }> {
    const before = known;
    const sessions = await manager.list(userId, { max: maxListed, data: false });
    const after = new Map(sessions.map((session) => [session.id, session]));
    if (before === undefined) {
      known = after;
      return { sessions, changes: [] };
    }
    const isCut = sessions.length === maxListed || before.size === maxListed;
    const departures = await departuresFrom(Array.from(before.values()).filter(({ id }) => !after.has(id)));
    const arrivals = arrivalsIn(sessions, before, isCut);
    known = after;
    const isLeftOut = (change: SessionChange): boolean => change.type === 'revoked' && change.end === undefined;
    if (!isCut || !departures.some(isLeftOut)) return { sessions, changes: [...departures, ...arrivals] };
    // A session without a record may only have been left out of the list, and its end would not be seen: the whole list follows.
    const ends = departures.filter((change) => !isLeftOut(change));
    const created = arrivals.filter(({ type }) => type === 'created');
    return { sessions, changes: [...ends, ...created, { type: 'list', sessions }] };
  }

  async function look(): Promise<void> {
    isLooking = true;
    isStale = false;
    try {
      const { sessions, changes } = await readChanges();
      failures = 0;
      for (const reader of readers) {
        if (reader.needsList) {
          reader.needsList = false;
          reader.push({ type: 'list', sessions });
        } else for (const change of changes) reader.push(change);
      }
    } catch {
      failures += 1;
    }
    isLooking = false;
    if (isOver) return;
    if (isStale) return check();
    timer = setTimeout(check, untilNextLook());
    // On Cloudflare Workers it can be a number.
    timer.unref?.();
  }

  function check(): void {
    clearTimeout(timer);
    if (isOver) return;
    if (isLooking) isStale = true;
    else looks.add(look, true);
  }

  function remove(reader: ChangeQueue): void {
    readers.delete(reader);
    if (readers.size > 0 || isOver) return;
    isOver = true;
    clearTimeout(timer);
    looks.remove(look);
    onEmpty();
  }

  return {
    read() {
      const reader: ChangeQueue = createChangeQueue(() => remove(reader));
      readers.add(reader);
      check();
      return reader;
    },
    check,
  };
}
