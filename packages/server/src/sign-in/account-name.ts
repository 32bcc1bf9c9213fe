/** Names the account of credentials: a text, or nothing if they name none. */
export type AccountOf<TCredentials> = (credentials: TCredentials) => string | null | undefined;

/** The account of credentials that have a `username` or an `email`. */
export function usualAccountOf(credentials: unknown): string | undefined {
  if (typeof credentials !== 'object' || credentials === null) return undefined;
  const { username, email }: { username?: unknown; email?: unknown } = credentials;
  return [username, email].find((each) => typeof each === 'string');
}

/** Longer names are cut: they are hashed at every attempt. */
const maxLength = 1024;

/**
 * Writes the name of an account in one way. An app may look it up without regard to case, or to the width of its letters
 * (UAX 15, NFKC). Names that are two accounts to the app, but one here, share their attempts.
 */
export function normalAccount(account: string): string {
  const normal = account.slice(0, maxLength).normalize('NFKC');
  // Both ways: `ß`, `ẞ` and `SS` are one, as in full case folding.
  return normal.toUpperCase().toLowerCase().normalize('NFKC').trim();
}
