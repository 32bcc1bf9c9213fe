import type { TokenStore } from '../tokens.ts';

interface Generation {
  readonly token: string;
  readonly number: number;
}

const generations = new WeakMap<TokenStore, Generation>();

// Begins where no earlier page has been: a query cache that was written to disk must not answer for another session.
let latest = Date.now();

/**
 * A number for the token that a store holds, another one whenever the token is another one; `null` when signed out. It
 * stands for the token in query keys, which anyone may print.
 */
export function generationOf(tokens: TokenStore): number | null {
  const token = tokens.get();
  if (token === null) return null;
  const known = generations.get(tokens);
  if (known?.token === token) return known.number;
  latest += 1;
  generations.set(tokens, { token, number: latest });
  return latest;
}
