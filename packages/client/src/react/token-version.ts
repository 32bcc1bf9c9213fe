import { readToken, type TokenStore } from '../tokens/token-store.ts';

/** {@link tokenVersionOf} a page's token store; `undefined` until the page has hydrated. */
export type TokenVersion = number | null | undefined;

interface VersionedToken {
  readonly token: string;
  readonly version: number;
}

const versions = new WeakMap<TokenStore, VersionedToken>();

// Starts after any earlier page's versions: a persisted query cache must not answer for another session.
let latest = Date.now();

/**
 * Returns a number that changes whenever the token of a store changes; `null` when signed out. It stands for the token in
 * query keys, which tools may print.
 */
export function tokenVersionOf(tokens: TokenStore): number | null {
  const token = readToken(tokens);
  if (token === null) return null;
  const known = versions.get(tokens);
  if (known?.token === token) return known.version;
  latest += 1;
  versions.set(tokens, { token, version: latest });
  return latest;
}

/** Returns whether there is a token; `false` until the page has hydrated. */
export function isSignedIn(tokenVersion: TokenVersion): tokenVersion is number {
  return typeof tokenVersion === 'number';
}
