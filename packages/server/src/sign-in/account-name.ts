/** Names the account of credentials: a text, or nothing if they name none. */
export type AccountOf<TCredentials> = (credentials: TCredentials) => string | null | undefined;

/** The account of credentials that have a `username` or an `email`. */
export function usualAccountOf(credentials: unknown): string | undefined {
  if (typeof credentials !== 'object' || credentials === null) return undefined;
  const { username, email }: { username?: unknown; email?: unknown } = credentials;
  return [username, email].find((each) => typeof each === 'string');
}
