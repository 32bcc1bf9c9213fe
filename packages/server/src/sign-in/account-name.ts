import { TRPCError } from '@trpc/server';

/** Names the account of credentials: a text, or nothing if they name none. */
export type AccountOf<TCredentials> = (credentials: TCredentials) => string | null | undefined;

/**
 * The account of credentials that have a `username` or an `email`.
 *
 * @throws {TRPCError} `BAD_REQUEST`: they have both. A schema may pass on fields that the app does not read, and a guesser would
 *   give each guess another name
 */
export function usualAccountOf(credentials: unknown): string | undefined {
  if (typeof credentials !== 'object' || credentials === null) return undefined;
  const { username, email }: { username?: unknown; email?: unknown } = credentials;
  const texts = [username, email].filter((each) => typeof each === 'string');
  // A form may send the other field empty.
  const [account = texts[0], ...others] = texts.filter((each) => each !== '');
  if (others.length > 0) {
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'Send a username or an email, not both. A form that has both names its account with `throttle.account`.',
    });
  }
  return account;
}
