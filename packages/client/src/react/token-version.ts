import { sharedByCopies } from '../shared-by-copies.ts';
import { isReady, readToken, type TokenStore } from '../tokens/token-store.ts';

/** {@link tokenVersionOf} a page's token store; `undefined` until the page has hydrated and the store has read its token. */
export type TokenVersion = number | null | undefined;

interface VersionedToken {
  readonly token: string;
  readonly version: number;
}

const versions = /* @__PURE__ */ sharedByCopies('token-versions', () => ({
  ofStores: new WeakMap<TokenStore, VersionedToken>(),
  // Starts after any earlier page's versions: a persisted query cache must not answer for another session.
  latest: Date.now(),
}));

/**
 * Returns a number that changes whenever the token of a store changes. It is `null` when signed out, and `undefined` until
 * an asynchronous store has read its token. It stands for the token in query keys, which tools may print.
 */
export function tokenVersionOf(tokens: TokenStore): TokenVersion {
  if (!isReady(tokens)) return undefined;
  const token = readToken(tokens);
  if (token === null) return null;
  const known = versions.ofStores.get(tokens);
  if (known?.token === token) return known.version;
  versions.latest += 1;
  versions.ofStores.set(tokens, { token, version: versions.latest });
  return versions.latest;
}

/** Returns whether there is a token; `false` until that is known. */
export function hasToken(tokenVersion: TokenVersion): tokenVersion is number {
  return typeof tokenVersion === 'number';
}
