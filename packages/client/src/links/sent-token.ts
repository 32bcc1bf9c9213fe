import type { Operation } from '@trpc/client';
import { endsSession, sessionErrorReason } from '../errors.ts';
import { sharedByCopies } from '../shared-by-copies.ts';
import { isCookieMark } from '../tokens/cookie-store.ts';
import { dropToken, type TokenStore } from '../tokens/token-store.ts';

/**
 * Links may copy an operation and its context. The copies share this mark, which leads to the token without holding it:
 * `loggerLink` prints contexts.
 */
const markName = 'trpc-sessions';
/** The token that each mark was sent with, and that of the WebSocket connection of each store. */
const sentTokens = /* @__PURE__ */ sharedByCopies('sent-tokens', () => new WeakMap<object, string | null>());

/** Marks an operation, so that {@link sentToken} can find its token later. */
export function markOperation<TInput>(op: Operation<TInput>): Operation<TInput> {
  return { ...op, context: { ...op.context, [markName]: {} } };
}

/** Records the token of an HTTP request. */
export function noteSentToken(op: Operation, token: string | null): void {
  const mark = op.context[markName];
  if (mark instanceof Object) sentTokens.set(mark, token);
}

/** Records the token of a new WebSocket connection, which all its calls share. */
export function noteConnectionToken(tokens: TokenStore, token: string | null): void {
  sentTokens.set(tokens, token);
}

/** Returns the token that an operation was sent with; `held` if none was recorded. */
export function sentToken(op: Operation, tokens: TokenStore, held: string | null): string | null {
  const mark = op.context[markName];
  const key = mark instanceof Object && sentTokens.has(mark) ? mark : tokens;
  const token = sentTokens.get(key);
  return token === undefined ? held : token;
}

/** Drops the token of a refused call, if the refusal ends the session. */
export function dropRefusedToken(tokens: TokenStore, token: string | null, error: unknown): void {
  const reason = sessionErrorReason(error);
  // A browser does not send an expired cookie: the server can only answer that no token came.
  if (reason && (endsSession(reason) || (reason === 'missing_token' && isCookieMark(token)))) {
    dropToken(tokens, token, reason, error);
  }
}

/**
 * The context of a `login` whose caller stores the token itself, as `useSession` does. The session must be in the query
 * cache before the store calls its listeners, or the status would be `loading` for a moment.
 */
export const keptByCaller: Readonly<Record<string, true>> = { 'trpc-sessions.kept': true };

/** Returns whether the caller of this operation stores the token itself. */
export function isKeptByCaller(op: Operation): boolean {
  return op.context['trpc-sessions.kept'] === true;
}
