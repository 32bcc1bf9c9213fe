import { SessionError, type AccessTokenClaims, type Session, type VerifiedSession } from '@trpc-sessions/core';
import { fromApp } from '../errors.ts';

/** The argument of {@link FindAccount}. */
export interface AccountInput<TClaims = unknown> {
  readonly userId: string;
  /** The claims of the verified token, as old as the token. */
  readonly claims: AccessTokenClaims & TClaims;
  readonly session: Session;
}

/** Finds the app's own user of a session; `null` if the account is disabled or deleted. */
export type FindAccount<TAccount, TClaims = unknown> = (
  input: AccountInput<TClaims>,
) => TAccount | null | undefined | Promise<TAccount | null | undefined>;

/**
 * Returns the account of a verified session. The calls of a batch share one verification, and so one account.
 *
 * @throws {TRPCError} `account_unavailable`, or the function of the app failed
 */
export type RequireAccount = (verified: VerifiedSession) => Promise<unknown>;

export function createRequireAccount(find: FindAccount<unknown>): RequireAccount {
  const accounts = new WeakMap<VerifiedSession, Promise<unknown>>();

  async function ask({ session, claims }: VerifiedSession): Promise<unknown> {
    const account: unknown = await find({ userId: session.userId, claims, session });
    if (account === null || account === undefined) throw new SessionError('account_unavailable');
    return account;
  }

  return (verified) => {
    let account = accounts.get(verified);
    if (account === undefined) accounts.set(verified, (account = ask(verified)));
    const asked = account;
    // Each call of a batch has an error of its own, with its own path.
    return fromApp(() => asked);
  };
}
