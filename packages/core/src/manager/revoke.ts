import { createBroadcast } from '../bus/broadcast.ts';
import type { Bus } from '../bus/bus.ts';
import type { SessionCache } from '../cache/session-cache.ts';
import { isSessionError, SessionError } from '../errors.ts';
import type { EndedSessions } from '../session/ended-sessions.ts';
import type { Store } from '../store/store.ts';
import { isSessionId } from '../token/lookup-id.ts';
import type { Events, RevokedEvent, SessionEvents } from './events.ts';
import { requireUserId } from './user-id.ts';

/** The sessions that are revoked, and why. */
export type Revocation = Omit<RevokedEvent, 'count'>;

/** Everything that happens when sessions are revoked, by this process or by another. */
export interface Revocations {
  revokeMany(input: { readonly userId: string; readonly ids: readonly string[] }): Promise<number>;
  revokeOthers(input: { readonly userId: string; readonly currentId: string }): Promise<number>;
  revokeAll(userId: string): Promise<number>;
  /**
   * Announces that rows were deleted: drops them from the cache, publishes and emits. It neither waits for the bus nor
   * fails with it. Returns the count.
   *
   * @param isPending - whether the transaction that deletes them is still open
   */
  announce(count: number, revocation: Revocation, options?: { readonly isPending: boolean }): number;
  /** Announces that rows may have been deleted: every process reads them again. */
  announcePossible(ended: EndedSessions): void;
  /** Waits for messages that are being published, and unsubscribes. The cache is off from now on. */
  stop(): Promise<void>;
}

/** The parts that revoke sessions. */
export interface RevocationParts {
  readonly store: Pick<Store, 'deleteMany' | 'deleteOthers' | 'deleteAll'>;
  readonly cache: SessionCache | undefined;
  readonly bus: Bus | undefined;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

export function createRevocations({ store, cache, bus, events }: RevocationParts): Revocations {
  const broadcast = createBroadcast(bus, {
    connected: () => cache?.enable(),
    disconnected: () => cache?.disable(),
    ended({ ended, isPending = false }) {
      dropFromCache(ended, isPending);
      events.emit('ended', ended);
    },
    unknown: () => cache?.clear(),
    fault: (error) => events.emit('fault', { task: 'bus', error }),
  });

  function dropFromCache(ended: EndedSessions, isPending: boolean): void {
    if (isPending) cache?.holdBack(ended);
    else cache?.invalidate(ended);
  }

  function announce(count: number, revocation: Revocation, { isPending } = { isPending: false }): number {
    const ended = endedBy(revocation);
    dropFromCache(ended, isPending);
    if (count === 0) return 0;
    broadcast.publish({ ended, ...(isPending && { isPending }) });
    events.emit('revoked', { ...revocation, count });
    events.emit('ended', ended);
    return count;
  }

  function announcePossible(ended: EndedSessions): void {
    cache?.invalidate(ended);
    broadcast.publish({ ended });
  }

  /** Awaits a delete and announces it. One that failed may have committed all the same. */
  async function revoke(deleting: Promise<number>, revocation: Revocation): Promise<number> {
    try {
      return announce(await deleting, revocation);
    } catch (error) {
      if (!isSessionError(error)) announcePossible(endedBy(revocation));
      throw error;
    }
  }

  async function deleteOthers(userId: string, currentId: string): Promise<number> {
    const count = isSessionId(currentId) ? await store.deleteOthers(userId, currentId) : undefined;
    if (count !== undefined) return count;
    cache?.invalidate({ userId, ids: [currentId] });
    throw new SessionError('revoked_session');
  }

  return {
    async revokeMany({ userId, ids }) {
      requireUserId(userId);
      const possible = ids.filter(isSessionId);
      if (possible.length === 0) return 0;
      return revoke(store.deleteMany(userId, possible), { userId, ids: possible, cause: 'revoked' });
    },
    async revokeOthers({ userId, currentId }) {
      requireUserId(userId);
      return revoke(deleteOthers(userId, currentId), { userId, exceptId: currentId, cause: 'others' });
    },
    async revokeAll(userId) {
      requireUserId(userId);
      return revoke(store.deleteAll(userId), { userId, cause: 'all' });
    },
    announce,
    announcePossible,
    async stop() {
      const stopped = broadcast.stop();
      // Revocations by other processes are missed from now on.
      cache?.disable();
      await stopped;
    },
  };
}

function endedBy({ userId, ids, exceptId }: Revocation): EndedSessions {
  return { userId, ...(ids !== undefined && { ids }), ...(exceptId !== undefined && { exceptId }) };
}
