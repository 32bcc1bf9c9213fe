import type { Transaction } from 'kysely';
import { createBroadcast } from '../bus/broadcast.ts';
import type { Bus } from '../bus/bus.ts';
import type { SessionCache } from '../cache/session-cache.ts';
import { isSessionError, SessionError } from '../errors.ts';
import type { SessionSet } from '../session/session-set.ts';
import type { Ending } from '../session/session-end.ts';
import { plainDatabase } from '../store/plain-database.ts';
import type { AppTransaction, SessionKey, Store } from '../store/store.ts';
import { DatabaseTimeoutError, type TimeLimit } from '../store/time-limit.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import { requireCallOptions } from './call-options.ts';
import type { Events, RevokedEvent, SessionEvents } from './events.ts';
import { requireUserId } from '../session/user-id.ts';
import { createUserQueue } from './user-queue.ts';

/** The sessions that are revoked, and why. */
export type Revocation = Omit<RevokedEvent, 'count'>;

/** How sessions are revoked. */
export interface RevokeOptions<TDatabase> {
  /**
   * A transaction of the app's own, so that its changes and the revocation commit together. Only the event `revoked` is
   * emitted, when the call returns. Open streams end at their next look after the commit.
   */
  readonly trx?: Transaction<TDatabase> | undefined;
  /**
   * The id of the user who revokes, if that is staff: the event `revoked` has it, with the cause `staff`.
   * @defaultValue the user of the sessions
   */
  readonly by?: string | undefined;
  /**
   * The id of the user's session that revokes. The refusals of the revoked sessions then say whether it was another device.
   * @defaultValue none; for `revokeOthers`, `currentId`
   */
  readonly bySession?: string | undefined;
}

const knownOptions = { trx: true, by: true, bySession: true } as const;

/** Everything that happens when sessions are revoked, by this process or by another. */
export interface Revocations {
  revokeMany<TDatabase>(
    input: { readonly userId: string; readonly ids: readonly string[] },
    options?: RevokeOptions<TDatabase>,
  ): Promise<number>;
  revokeOthers<TDatabase>(
    input: { readonly userId: string; readonly currentId: string },
    options?: RevokeOptions<TDatabase>,
  ): Promise<number>;
  revokeAll<TDatabase>(userId: string, options?: RevokeOptions<TDatabase>): Promise<number>;
  /**
   * Announces that rows were deleted: drops them from the cache, publishes and emits. It neither waits for the bus nor
   * fails with it. Returns the count.
   *
   * @param isPending - whether the transaction that deletes them is still open: it may roll back, so that no stream ends
   */
  announce(count: number, revocation: Revocation, options?: { readonly isPending: boolean }): number;
  /** Announces a new session to the watchers of its user's sessions: no cache has it. */
  announceStart(key: SessionKey): void;
  /** Announces that a row was changed: every process reads it again. */
  announceUpdate(session: SessionKey, options?: { readonly isPending: boolean }): void;
  /** Announces that rows may have been deleted or changed: every process reads them again. */
  announcePossible(sessions: SessionSet, isPending?: boolean): void;
  /** Waits for messages that are being published, and unsubscribes. The cache is off from now on. */
  stop(): Promise<void>;
}

/** The parts that revoke sessions. */
export interface RevocationParts {
  readonly store: Pick<Store, 'deleteMany' | 'deleteOthers' | 'deleteAll'>;
  readonly limitTime: TimeLimit;
  readonly cache: SessionCache | undefined;
  readonly bus: Bus | undefined;
  /** Whether the messages of the bus are about this database. Otherwise they only name sessions to look up. */
  readonly isBusOfDatabase: boolean;
  /** Names the table in messages on the bus, without its schema: processes may write that in two ways. */
  readonly scope: string;
  readonly events: Pick<Events<SessionEvents>, 'emit'>;
  readonly clock: () => number;
}

export function createRevocations({
  store,
  limitTime,
  cache,
  bus,
  isBusOfDatabase,
  scope,
  events,
  clock,
}: RevocationParts): Revocations {
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

  // Apart from each other, and from signing in: neither delays the other.
  const [revokingOthers, revokingAll] = [createUserQueue(limitTime), createUserQueue(limitTime)];

  function dropFromCache(sessions: SessionSet, isPending: boolean): void {
    if (isPending) cache?.holdBack(sessions);
    else cache?.invalidate(sessions);
  }

  function announce(count: number, revocation: Revocation, { isPending } = { isPending: false }): number {
    const revoked = revokedSet(revocation);
    dropFromCache(revoked, isPending);
    if (count === 0) return 0;
    broadcast.publish(revoked, isPending ? 'pending' : 'revoked');
    events.emit('revoked', { ...revocation, count });
    if (!isPending) events.emit('ended', revoked);
    return count;
  }

  function emitUpdated({ userId, ids = [] }: SessionSet): void {
    for (const id of ids) events.emit('updated', { userId, id });
  }

  function emitStarted({ userId, ids = [] }: SessionSet): void {
    for (const id of ids) events.emit('started', { userId, id });
  }

  function announceStart({ userId, id }: SessionKey): void {
    const started = { userId, ids: [id] };
    broadcast.publish(started, 'started');
    emitStarted(started);
  }

  function announceUpdate({ userId, id }: SessionKey, { isPending } = { isPending: false }): void {
    const changed = { userId, ids: [id] };
    dropFromCache(changed, isPending);
    broadcast.publish(changed, isPending ? 'pending' : 'changed');
    emitUpdated(changed);
  }

  function announcePossible(sessions: SessionSet, isPending = false): void {
    dropFromCache(sessions, isPending);
    broadcast.publish(sessions, isPending ? 'pending' : 'possible');
  }

  /** Deletes and announces it. A delete that failed may have committed all the same. */
  async function revoke<TDatabase>(
    requested: Revocation,
    { trx, by, bySession }: RevokeOptions<TDatabase>,
    deleteRows: (ending: Ending, on: AppTransaction | undefined) => Promise<number>,
  ): Promise<number> {
    requireUserId(requested.userId);
    const revocation = revokedBy(by, isSessionId(bySession) ? { ...requested, bySession } : requested);
    const isPending = trx !== undefined;
    try {
      return announce(await deleteRows(endingOf(revocation, clock()), trx && plainDatabase(trx)), revocation, {
        isPending,
      });
    } catch (error) {
      // After a timeout, it may commit yet.
      const mayCommitLater = isPending || error instanceof DatabaseTimeoutError;
      if (!isSessionError(error)) announcePossible(revokedSet(revocation), mayCommitLater);
      throw error;
    }
  }

  return {
    async revokeMany({ userId, ids }, options = {}) {
      requireCallOptions('revoke', options, knownOptions);
      requireUserId(userId);
      const possible = ids.filter(isSessionId);
      if (possible.length === 0) return 0;
      return revoke({ userId, ids: possible, cause: 'revoked' }, options, (ending, on) =>
        store.deleteMany(userId, possible, ending, on),
      );
    },
    async revokeOthers({ userId, currentId }, options = {}) {
      requireCallOptions('revokeOthers', options, knownOptions);
      const revokeNow = (): Promise<number> =>
        revoke({ userId, exceptId: currentId, cause: 'others' }, options, async (ending, on) => {
          const count = isSessionId(currentId) ? await store.deleteOthers(userId, currentId, ending, on) : undefined;
          if (count !== undefined) return count;
          cache?.invalidate({ userId, ids: [currentId] });
          throw new SessionError('revoked_session');
        });
      return options.trx === undefined ? revokingOthers.run(userId, revokeNow, keyOf(currentId, options)) : revokeNow();
    },
    async revokeAll(userId, options = {}) {
      requireCallOptions('revokeAll', options, knownOptions);
      const revokeNow = (): Promise<number> =>
        revoke({ userId, cause: 'all' }, options, (ending, on) => store.deleteAll(userId, ending, on));
      return options.trx === undefined ? revokingAll.run(userId, revokeNow, keyOf('all', options)) : revokeNow();
    },
    announce,
    announceStart,
    announceUpdate,
    announcePossible,
    async stop() {
      const stopped = broadcast.stop();
      // Revocations by other processes are missed from now on.
      cache?.disable();
      await stopped;
    },
  };
}

/** Equal work of two users or sessions is not the same: the event names who did it. */
function keyOf(work: string, { by, bySession }: Pick<RevokeOptions<unknown>, 'by' | 'bySession'>): string {
  return JSON.stringify([work, by, bySession]);
}

/**
 * The revocation with the user who revokes.
 *
 * @throws {SessionUsageError} `by` is not the id of a user
 */
export function revokedBy(by: string | undefined, revocation: Revocation): Revocation {
  if (by === undefined) return revocation;
  requireUserId(by, 'by');
  return { ...revocation, cause: 'staff', by };
}

/** The end that is recorded with a revocation. */
export function endingOf({ cause, exceptId, by, bySession = exceptId }: Revocation, at: number): Ending {
  return { at, cause, bySession, byUser: by };
}

/** The sessions of a revocation, as messages and events name them. */
export function revokedSet({ userId, ids, exceptId }: Revocation): SessionSet {
  return { userId, ...(ids !== undefined && { ids }), ...(exceptId !== undefined && { exceptId }) };
}
