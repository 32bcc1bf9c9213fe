import type { Transaction } from 'kysely';
import type { SessionCache } from '../cache/session-cache.ts';
import { isSessionError, SessionError } from '../errors.ts';
import type { Ending } from '../session/session-end.ts';
import { plainDatabase } from '../store/plain-database.ts';
import type { AppTransaction, Store } from '../store/store.ts';
import { DatabaseTimeoutError, type TimeLimit } from '../store/time-limit.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import { revokedSet, type Announcements, type Revocation } from './announcements.ts';
import { requireCallOptions } from './call-options.ts';
import { requireUserId } from '../session/user-id.ts';
import { createUserQueue } from './user-queue.ts';

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

/** Revokes sessions of a user. Each call resolves with how many it has revoked. */
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
}

/** The parts that revoke sessions. */
export interface RevocationParts {
  readonly store: Pick<Store, 'deleteMany' | 'deleteOthers' | 'deleteAll'>;
  readonly limitTime: TimeLimit;
  readonly cache: Pick<SessionCache, 'invalidate'> | undefined;
  readonly announcements: Pick<Announcements, 'revoked' | 'maybeChanged'>;
  readonly clock: () => number;
}

export function createRevocations({ store, limitTime, cache, announcements, clock }: RevocationParts): Revocations {
  // Apart from each other, and from signing in: neither delays the other.
  const [revokingOthers, revokingAll] = [createUserQueue(limitTime), createUserQueue(limitTime)];

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
      const count = await deleteRows(endingOf(revocation, clock()), trx && plainDatabase(trx));
      return announcements.revoked(count, revocation, { isPending });
    } catch (error) {
      // After a timeout, it may commit yet.
      const mayCommitLater = isPending || error instanceof DatabaseTimeoutError;
      if (!isSessionError(error)) announcements.maybeChanged(revokedSet(revocation), mayCommitLater);
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
