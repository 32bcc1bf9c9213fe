import { isReady, readToken, stateOf, type TokenStore } from '../tokens/token-store.ts';

/** {@link tokenVersionOf} a page's token store; `undefined` until the page has hydrated and the store has read its token. */
export type TokenVersion = number | null | undefined;

/**
 * Returns a number that changes whenever the token of a store changes. It is `null` when signed out, and `undefined` until
 * an asynchronous store has read its token. It stands for the token in query keys, which tools may print.
 */
export function tokenVersionOf(tokens: TokenStore): TokenVersion {
  if (!isReady(tokens)) return undefined;
  const token = readToken(tokens);
  if (token === null) return null;
  const state = stateOf(tokens);
  // Random: a former version, even one in a persisted query cache, must not answer for another session.
  if (state.versioned?.token !== token) state.versioned = { token, version: Math.random() };
  return state.versioned.version;
}

/** Returns whether there is a token; `false` until that is known. */
export function hasToken(tokenVersion: TokenVersion): tokenVersion is number {
  return typeof tokenVersion === 'number';
}
