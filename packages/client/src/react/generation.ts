import type { TokenStore } from '../tokens/token-store.ts';

/** {@link generationOf} a page's token store, or `undefined` while that is not known yet. */
export type Generation = number | null | undefined;

interface NumberedToken {
  readonly token: string;
  readonly number: number;
}

const numbered = new WeakMap<TokenStore, NumberedToken>();

// Begins where no earlier page has been: a query cache that was written to disk must not answer for another session.
let latest = Date.now();

/**
 * A number for the token that a store holds, another one whenever the token is another one; `null` when signed out. It
 * stands for the token in query keys, which anyone may print.
 */
export function generationOf(tokens: TokenStore): number | null {
  const token = tokens.get();
  if (token === null) return null;
  const known = numbered.get(tokens);
  if (known?.token === token) return known.number;
  latest += 1;
  numbered.set(tokens, { token, number: latest });
  return latest;
}

/** Answers whether there is a token, as far as is known. */
export function isSignedIn(generation: Generation): generation is number {
  return typeof generation === 'number';
}
