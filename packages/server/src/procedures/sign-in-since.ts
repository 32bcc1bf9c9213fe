import { isSessionError, type SessionManager } from '@trpc-sessions/core';
import { fromManager } from '../errors.ts';

/** The user who was authenticated last, and the session. */
export interface SignedIn<TUser, TIssued> {
  readonly user: TUser;
  readonly issued: TIssued;
}

/**
 * Authenticates a user and issues a session. A sign-in may begin with the old password, and end after the password was
 * changed and the user's sessions were revoked. It is then authenticated once more, and only that answer counts.
 *
 * @param issue - refuses the sign-in if sessions of the user were revoked after the mark
 */
export async function signInSince<TUser, TIssued>(
  manager: Pick<SessionManager, 'signInMark'>,
  authenticate: () => Promise<TUser>,
  issue: (user: TUser, since: string) => Promise<TIssued>,
): Promise<SignedIn<TUser, TIssued>> {
  const begin = async (): Promise<() => Promise<SignedIn<TUser, TIssued>>> => {
    const since = await fromManager(manager.signInMark());
    const user = await authenticate();
    return async () => ({ user, issued: await issue(user, since) });
  };
  const first = await begin();
  try {
    return await first();
  } catch (error) {
    if (!isSessionError(error) || error.reason !== 'invalid_credentials') return fromManager(Promise.reject(error));
  }
  const second = await begin();
  return fromManager(second());
}
