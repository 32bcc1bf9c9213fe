import type { Operation } from '@trpc/client';
import { isEnding, refusalReason } from '../errors.ts';
import { isCookieMark } from '../tokens/cookie-store.ts';
import { dropToken, stateOf, type TokenStore } from '../tokens/token-store.ts';

/**
 * Links may copy an operation and its context. The copies share this mark, which leads to the token without holding it:
 * `loggerLink` prints contexts.
 */
const markName = 'trpc-sessions';

/** Marks an operation, so that {@link sentToken} can find its token later. */
export function markOperation<TInput>(op: Operation<TInput>): Operation<TInput> {
  return { ...op, context: { ...op.context, [markName]: {} } };
}

/** Records the token of an HTTP request. */
export function noteSentToken(op: Operation, token: string | null): void {
  stateOf(markOf(op)).sent = token;
}

/** Records the token of a new WebSocket connection, which all its calls share. */
export function noteConnectionToken(tokens: TokenStore, token: string | null): void {
  stateOf(tokens).sent = token;
}

/** Returns the token that an operation was sent with; `held` if none was recorded. */
export function sentToken(op: Operation, tokens: TokenStore, held: string | null): string | null {
  // `null` is recorded too: the call was sent without a token.
  const { sent = stateOf(tokens).sent } = stateOf(markOf(op));
  return sent === undefined ? held : sent;
}

/** Returns the mark of an operation. If it has none, this is a new object, which leads to no token. */
function markOf(op: Operation): object {
  return Object(op.context[markName]);
}

/**
 * Drops the token of a refused call, if the refusal ends the session. Returns the reason of the refusal.
 *
 * @param plugin - the plugin whose refusals count. @defaultValue any
 */
export function dropRefusedToken(tokens: TokenStore, token: string | null, error: unknown, plugin?: string): unknown {
  const reason = refusalReason(error, plugin);
  // A browser does not send an expired cookie: the server can only answer that no token came.
  if (isEnding(reason) || (reason === 'missing_token' && isCookieMark(token))) dropToken(tokens, token, reason, error);
  return reason;
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
