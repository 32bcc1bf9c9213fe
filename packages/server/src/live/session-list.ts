import type { Session, SessionManager } from '@trpc-sessions/core';
import { createChangeQueue, type ChangeQueue } from './change-queue.ts';
import type { Looks } from './looks.ts';
import { createRepeatedLook } from './repeated-look.ts';
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

/** @param onEmpty - called once, when it has no reader any more */
export function createSessionList(
  { manager, looks }: { readonly manager: ListedSessions; readonly looks: Looks },
  userId: string,
  onEmpty: () => void,
): SessionList {
  const readers = new Set<ChangeQueue>();
  let known: KnownSessions | undefined;
  const { check, stop } = createRepeatedLook({
    looks,
    look,
    timesLeft: () => Array.from(known?.values() ?? [], ({ expiresAt }) => expiresAt.getTime() - manager.now()),
    onStop: onEmpty,
  });

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
    const { sessions, changes } = await readChanges();
    for (const reader of readers) {
      if (reader.needsList) {
        reader.needsList = false;
        reader.push({ type: 'list', sessions });
      } else for (const change of changes) reader.push(change);
    }
  }

  function remove(reader: ChangeQueue): void {
    readers.delete(reader);
    if (readers.size === 0) stop();
  }

  return {
    read() {
      const reader: ChangeQueue = createChangeQueue(() => remove(reader));
      readers.add(reader);
      check(true);
      return reader;
    },
    check: () => check(true),
  };
}
