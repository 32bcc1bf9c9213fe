/** Longer names are cut: they are read at every attempt. An address has up to 254 characters. */
const maxLength = 512;

/**
 * As databases compare texts whose collation ignores case and accents (UTS 10): `đ` and `d` are one letter. It is made for the
 * first attempt, because it loads the tables of ICU, a tenth of the time in which this package loads.
 */
let letters: Intl.Collator | undefined;
const plainLetters = Array.from('0123456789abcdefghijklmnopqrstuvwxyz');

/**
 * Writes the name of an account in one way. An app may look it up without regard to case, or to the width of its letters
 * (UAX 15, NFKC). Databases such as MySQL also ignore accents, and characters that are not seen. Names that are two accounts to
 * the app, but one here, share their attempts.
 */
export function normalAccount(account: string): string {
  const plain = withoutAccents(account.slice(0, maxLength));
  // Both ways: `ß`, `ẞ` and `SS` are one, as in full case folding.
  return withoutAccents(plain.toUpperCase().toLowerCase()).trim();
}

function withoutAccents(text: string): string {
  const { compare } = (letters ??= new Intl.Collator('und', { sensitivity: 'base' }));
  return (
    text
      .normalize('NFKD')
      // One character may stand for eighteen.
      .slice(0, maxLength)
      .replaceAll(/[\p{Mn}\p{Me}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
      .replaceAll(
        /(?!\p{ASCII})[\p{Script=Latin}\p{N}\p{S}]/gu,
        (letter) => plainLetters.find((plain) => compare(plain, letter) === 0) ?? letter,
      )
  );
}

/** The texts that name the buckets of an account: those of all attempts, and of those with the solution of a captcha. */
export function accountBuckets(account: string): { readonly guesses: string; readonly solutions: string } {
  const name = normalAccount(account);
  return { guesses: `account ${name}`, solutions: `solved account ${name}` };
}
