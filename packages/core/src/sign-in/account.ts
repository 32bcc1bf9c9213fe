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

/** The texts that name the buckets of an account: those of all attempts, and of those with the solution of a captcha. */
export function accountBuckets(account: string): { readonly guesses: string; readonly solutions: string } {
  const name = normalAccount(account);
  return { guesses: `account ${name}`, solutions: `solved account ${name}` };
}
