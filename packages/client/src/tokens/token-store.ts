import { requireMethods, requireSynchronous } from '../options.ts';
import { sharedByCopies } from '../shared-by-copies.ts';

/**
 * Holds the access token; `null` when signed out. Write your own for an extension or a keychain.
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

/** A {@link TokenStore} that reads its token asynchronously. */
export interface AsyncTokenStore extends TokenStore {
  /** Resolves when `get` can return the token. Until then, our links send nothing. */
  readonly ready: Promise<unknown>;
}

/** In characters. The server verifies no longer ones. */
const maxLength = 8192;

/** No token has a colon in it (RFC 6750 §2.1). */
export const cookieMarkPrefix = 'cookie:';

/** A token (RFC 6750 §2.1), or a mark of `cookieTokenStore`. */
const shape = /^(?:cookie:)?[\w.~+/-]+=*$/;

/**
 * Returns a stored value if it can be a token, otherwise `null`. Sent in a header, other texts make `fetch` throw, and
 * long ones make servers refuse every call, `login` included: the user could not sign in again.
 */
export function tokenOrNull(value: unknown): string | null {
  return typeof value === 'string' && value.length <= maxLength && shape.test(value) ? value : null;
}

/** Returns the token of any store, the app's own included. A store that throws holds no token. */
export function readToken(tokens: TokenStore): string | null {
  try {
    return tokenOrNull(tokens.get());
  } catch {
    return null;
  }
}

/** Drops a token that is no longer valid. A store that holds another token by now keeps it: a login has replaced the old one. */
export function dropToken(tokens: TokenStore, token: string | null): void {
  if (token !== null && readToken(tokens) === token) tokens.set(null);
}

/**
 * Requires a token store.
 *
 * @throws {TypeError} `tokens` is none
 */
export function requireTokenStore(tokens: TokenStore): void {
  requireMethods('tokens', tokens, ['get', 'set', 'subscribe']);
  requireSynchronous('tokens', () => tokens.get());
  if (isAsync(tokens)) {
    requireMethods('tokens.ready', tokens.ready, ['then']);
    void untilReady(tokens);
  }
}

/** Returns whether a store reads its token asynchronously. */
export function isAsync(tokens: TokenStore): tokens is AsyncTokenStore {
  return 'ready' in tokens && tokens.ready !== undefined;
}

const settled = /* @__PURE__ */ sharedByCopies('settled', () => new WeakSet<Promise<unknown>>());

/** Returns whether a store can return its token. */
export function isReady(tokens: TokenStore): boolean {
  return !isAsync(tokens) || settled.has(tokens.ready);
}

/** Resolves when a store can return its token. It never rejects: a store that could not read holds no token. */
export async function untilReady({ ready }: AsyncTokenStore): Promise<void> {
  await Promise.allSettled([ready]);
  settled.add(ready);
}
