import type { Kysely, Transaction } from 'kysely';
import { isSessionError, SessionError } from '../errors.ts';
import { plainDatabase } from '../store/plain-database.ts';
import type { Store } from '../store/store.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import { revokedSet, type Announcements, type Revocation } from './announcements.ts';
import { requireCallOptions } from './call-options.ts';
import { endingOf } from './revoke.ts';
import { requireUserId } from '../session/user-id.ts';

/** The input of {@link SessionManager.changeCredentials}. */
export interface CredentialsChange {
  readonly userId: string;
  /** The id of the session that stays, such as the one that asks. @defaultValue none stays */
  readonly keep?: string | undefined;
}

/** Changes a user's credentials and revokes the sessions that the old ones opened. */
export type ChangeCredentials = <TResult, TOwn>(
  input: CredentialsChange,
  change: (trx: Transaction<TOwn>) => Promise<TResult>,
) => Promise<TResult>;

const knownInput = { userId: true, keep: true } as const;

export function createChangeCredentials<TDatabase>(
  db: Kysely<TDatabase>,
  store: Pick<Store, 'transactionOf' | 'deleteOthers' | 'deleteAll' | 'endMarks'>,
  announcements: Pick<Announcements, 'revoked' | 'maybeChanged'>,
  clock: () => number,
): ChangeCredentials {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the app's types of its database, as the callback names them
  const databaseOf = <TOwn>(): Kysely<TOwn> => db as unknown as Kysely<TOwn>;

  return async <TResult, TOwn>(
    input: CredentialsChange,
    change: (trx: Transaction<TOwn>) => Promise<TResult>,
  ): Promise<TResult> => {
    requireCallOptions('changeCredentials', input, knownInput);
    const { userId, keep } = input;
    requireUserId(userId);
    if (keep !== undefined && !isSessionId(keep)) throw new SessionError('revoked_session');
    const revocation: Revocation =
      keep === undefined ? { userId, cause: 'all' } : { userId, exceptId: keep, cause: 'others' };
    let revoked: number | undefined;
    try {
      const result = await store.transactionOf(databaseOf<TOwn>(), userId, async (trx) => {
        const changed = await change(trx);
        const on = plainDatabase(trx);
        const ending = endingOf(revocation, clock());
        revoked = await (keep === undefined
          ? store.deleteAll(userId, ending, on)
          : store.deleteOthers(userId, keep, ending, on));
        if (revoked === undefined) throw new SessionError('revoked_session');
        // With all sessions, the marks have ended, too.
        if (keep !== undefined) await store.endMarks(userId, on);
        return changed;
      });
      announcements.revoked(revoked ?? 0, revocation);
      return result;
    } catch (error) {
      // The answer to the commit may be lost.
      if (revoked !== undefined && !isSessionError(error)) announcements.maybeChanged(revokedSet(revocation));
      throw error;
    }
  };
}
