import type { SessionErrorReason } from '@trpc-sessions/server';
import { isReason } from '../errors.ts';
import type { DeviceMarkStore } from './device-mark.ts';
import { requireMethods } from '../options.ts';
import { property } from '../property.ts';
import { sharedByCopies } from '../shared-by-copies.ts';

/**
 * Holds the access token; `null` when signed out. Write your own for an extension or a keychain.
 *
 * - `get` runs before every request: it is cheap and returns at once.
 * - `set` calls the listeners when the token has changed. `reason` says why the server refused the token that it removes.
 * - `subscribe` returns a function that unsubscribes.
 * - `reason` returns the reason that the last `set` had, in any tab. A store without it has the reason in this tab alone.
 * - `mark` holds the device mark, so that others who guess the password do not lock this device out. Without it, no mark is kept.
 */
export interface TokenStore {
  get(): string | null;
  set(token: string | null, reason?: SessionErrorReason): void;
  subscribe(listener: () => void): () => void;
  reason?(): SessionErrorReason | null;
  readonly mark?: DeviceMarkStore | undefined;
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

/** A stored text that is no token: why there is none. */
const endedPrefix = 'ended:';

/** Returns the text that stands for a store's state; `null` if there is neither a token nor a reason. */
export function storedText(token: string | null, reason: SessionErrorReason | undefined): string | null {
  return token ?? (reason === undefined ? null : `${endedPrefix}${reason}`);
}

/** Returns the reason in a stored text. */
export function storedReason(text: unknown): SessionErrorReason | null {
  if (typeof text !== 'string' || !text.startsWith(endedPrefix)) return null;
  const reason = text.slice(endedPrefix.length);
  return isReason(reason) ? reason : null;
}

/** The state of a store, beside its token. The mark of a call has one too, which only has `sent`. */
interface State {
  /** Why there is no token, for a store that keeps no reason. */
  reason?: SessionErrorReason | null;
  /** The error with which the server refused the last token. */
  refusal?: unknown;
  /** Where the sessions router of its server is nested: `'auth.'`, or `''` at the root. */
  prefix?: string;
  /** Whether an asynchronous store has read its token. */
  isReady?: true;
  /** The token that a call was sent with, or that the WebSocket connection of a store was opened with. */
  sent?: string | null;
  /** The last token that had a version in query keys. */
  versioned?: { readonly token: string; readonly version: number };
}

const states = /* @__PURE__ */ sharedByCopies('states', () => new WeakMap<object, State>());

/** Returns the state of a store or of a mark, which is empty at first. */
export function stateOf(owner: object): State {
  const state = states.get(owner) ?? {};
  states.set(owner, state);
  return state;
}

/** Returns why a store holds no token: `null` if the user has signed out, or has not signed in. */
export function readReason(tokens: TokenStore): SessionErrorReason | null {
  return (tokens.reason ? tokens.reason() : stateOf(tokens).reason) ?? null;
}

/** Returns the token of any store, the app's own included. A store that throws holds no token. */
export function readToken(tokens: TokenStore): string | null {
  try {
    return tokenOrNull(tokens.get());
  } catch {
    return null;
  }
}

/**
 * Drops a token that the server has refused. A store that holds another token by now keeps it: a login has replaced the
 * old one.
 */
export function dropToken(
  tokens: TokenStore,
  token: string | null,
  reason: SessionErrorReason,
  refusal?: unknown,
): void {
  if (token === null || readToken(tokens) !== token) return;
  const state = stateOf(tokens);
  // Before `set`, whose listeners read them.
  state.refusal = refusal;
  state.reason = reason;
  tokens.set(null, reason);
}

/**
 * Drops the token of a user who has signed out. A stream of the same session may have been refused in the meantime, which
 * is not why the user is signed out.
 */
export function dropSignedOut(tokens: TokenStore, token: string | null): void {
  if ((readToken(tokens) ?? token) !== token) return;
  stateOf(tokens).reason = null;
  tokens.set(null);
}

/**
 * Requires a token store.
 *
 * @throws {TypeError} `tokens` is none
 */
export function requireTokenStore(tokens: TokenStore): void {
  requireMethods('tokens', tokens, ['get', 'set', 'subscribe'], () => tokens.get());
  if (tokens.mark !== undefined) requireMethods('tokens.mark', tokens.mark, ['get', 'set']);
  if (isAsync(tokens)) {
    requireMethods('tokens.ready', tokens.ready, ['then']);
    // From now on, `isReady` knows when it is.
    void untilReady(tokens);
  }
}

/** Returns whether a store reads its token asynchronously. */
export function isAsync(tokens: TokenStore): tokens is AsyncTokenStore {
  return property(tokens, 'ready') !== undefined;
}

/** Returns whether a store can return its token. */
export function isReady(tokens: TokenStore): boolean {
  return !isAsync(tokens) || stateOf(tokens).isReady === true;
}

/** Calls a function when a store can return its token: at once, unless the store is asynchronous. */
export function whenReady<TResult>(tokens: TokenStore, call: () => TResult): TResult | Promise<TResult> {
  return isAsync(tokens) ? untilReady(tokens).then(call) : call();
}

/** Resolves when a store can return its token. It never rejects: a store that could not read holds no token. */
export async function untilReady(tokens: TokenStore): Promise<void> {
  await Promise.allSettled([property(tokens, 'ready')]);
  stateOf(tokens).isReady = true;
}
