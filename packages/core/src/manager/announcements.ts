import { createBroadcast } from '../bus/broadcast.ts';
import type { Bus } from '../bus/bus.ts';
import type { SessionCache } from '../cache/session-cache.ts';
import type { SessionSet } from '../session/session-set.ts';
import type { SessionKey } from '../store/store.ts';
import type { Events, RevokedEvent, SessionEvents } from './events.ts';

/** The sessions that are revoked, and why. */
export type Revocation = Omit<RevokedEvent, 'count'>;

/** Everything that follows a change of sessions: it reaches the cache, the bus and the listeners. None of it waits for the bus, or fails with it. */
export interface Announcements {
  /**
   * Rows were deleted. Returns the count.
   *
   * @param isPending - whether the transaction that deletes them is still open: it may roll back, so that no stream ends
   */
  revoked(count: number, revocation: Revocation, options?: { readonly isPending: boolean }): number;
  /** A session is new: no cache has it, and the watchers of its user's sessions look. */
  started(key: SessionKey): void;
  /** A row was changed: every process reads it again. */
  updated(session: SessionKey, options?: { readonly isPending: boolean }): void;
  /** Rows may have been deleted or changed: every process reads them again. */
  maybeChanged(sessions: SessionSet, isPending?: boolean): void;
  /** Waits for messages that are being published, and unsubscribes. The cache is off from now on. */
  stop(): Promise<void>;
}

/** The parts that announcements reach. */
export interface AnnouncementParts {
  readonly cache: SessionCache | undefined;
  readonly bus: Bus | undefined;
  /** Whether the messages of the bus are about this database. Otherwise they only name sessions to look up. */
  readonly isBusOfDatabase: boolean;
  /** Names the table in messages on the bus, without its schema: processes may write that in two ways. */
  readonly scope: string;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
}

/** Announces changes of this process, and receives those of other processes. */
export function createAnnouncements({ cache, bus, isBusOfDatabase, scope, events }: AnnouncementParts): Announcements {
  const broadcast = createBroadcast(bus, scope.toLowerCase(), {
    connected: () => cache?.enable(),
    disconnected: () => cache?.disable(),
    received(sessions, kind) {
      if (kind === 'started') return emitStarted(sessions);
      dropFromCache(sessions, kind === 'pending');
      if (kind === 'possible' || (kind === 'revoked' && !isBusOfDatabase)) events.emit('missed', sessions);
      else if (kind === 'revoked') events.emit('ended', sessions);
      else if (kind === 'changed' && isBusOfDatabase) emitUpdated(sessions);
    },
    missed() {
      cache?.clear();
      events.emit('missed', {});
    },
    fault: (error) => events.emit('fault', { task: 'bus', error }),
  });

  function dropFromCache(sessions: SessionSet, isPending: boolean): void {
    if (isPending) cache?.holdBack(sessions);
    else cache?.invalidate(sessions);
  }

  function emitUpdated({ userId, ids = [] }: SessionSet): void {
    for (const id of ids) events.emit('updated', { userId, id });
  }

  function emitStarted({ userId, ids = [] }: SessionSet): void {
    for (const id of ids) events.emit('started', { userId, id });
  }

  return {
    revoked(count, revocation, { isPending } = { isPending: false }) {
      const sessions = revokedSet(revocation);
      dropFromCache(sessions, isPending);
      if (count === 0) return 0;
      broadcast.publish(sessions, isPending ? 'pending' : 'revoked');
      events.emit('revoked', { ...revocation, count });
      if (!isPending) events.emit('ended', sessions);
      return count;
    },
    started({ userId, id }) {
      const started = { userId, ids: [id] };
      broadcast.publish(started, 'started');
      emitStarted(started);
    },
    updated({ userId, id }, { isPending } = { isPending: false }) {
      const changed = { userId, ids: [id] };
      dropFromCache(changed, isPending);
      broadcast.publish(changed, isPending ? 'pending' : 'changed');
      emitUpdated(changed);
    },
    maybeChanged(sessions, isPending = false) {
      dropFromCache(sessions, isPending);
      broadcast.publish(sessions, isPending ? 'pending' : 'possible');
    },
    async stop() {
      const stopped = broadcast.stop();
      // Revocations by other processes are missed from now on.
      cache?.disable();
      await stopped;
    },
  };
}

/** The sessions of a revocation, as messages and events name them. */
export function revokedSet({ userId, ids, exceptId }: Revocation): SessionSet {
  return { userId, ...(ids !== undefined && { ids }), ...(exceptId !== undefined && { exceptId }) };
}
