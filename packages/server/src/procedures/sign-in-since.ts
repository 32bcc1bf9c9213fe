import { isSessionError, type IssuedSession, type SessionManager } from '@trpc-sessions/core';
import { fromManager } from '../errors.ts';

/** The user who was authenticated last, and the session. */
export interface SignedIn<TUser> {
  readonly user: TUser;
  readonly issued: IssuedSession;
}

/**
 * Authenticates a user and issues a session. A sign-in may begin with the old password, and end after the password was
 * changed and the user's sessions were revoked. It is then authenticated once more, and only that answer counts.
 *
 * @param issue - refuses the sign-in if sessions of the user were revoked after the mark
 */
export async function signInSince<TUser>(
  manager: Pick<SessionManager, 'signInMark'>,
  authenticate: () => Promise<TUser>,
  issue: (user: TUser, since: string) => Promise<IssuedSession>,
): Promise<SignedIn<TUser>> {
  const begin = async (): Promise<() => Promise<SignedIn<TUser>>> => {
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
