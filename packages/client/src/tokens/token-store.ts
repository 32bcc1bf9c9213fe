/**
 * Holds the access token; `null` when signed out. Write your own for an extension or a keychain that is read into memory.
 *
 * - `get` runs before every request: it is cheap and returns at once.
 * - `set` calls the listeners when the token has changed.
 * - `subscribe` returns a function that unsubscribes.
 */
export interface TokenStore {
  get(): string | null;
  set(token: string | null): void;
  subscribe(listener: () => void): () => void;
}

/** Drops a token that is no longer valid. A store that holds another token by now keeps it: a login has replaced the old one. */
export function dropToken(tokens: TokenStore, token: string | null): void {
  if (token !== null && tokens.get() === token) tokens.set(null);
}
