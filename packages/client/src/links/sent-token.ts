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
const tokensByMark = /* @__PURE__ */ sharedByCopies('tokens-by-mark', () => new WeakMap<object, string | null>());
const tokensByConnection = /* @__PURE__ */ sharedByCopies(
  'tokens-by-connection',
  () => new WeakMap<TokenStore, string | null>(),
);

/** Marks an operation, so that {@link sentToken} can find its token later. */
export function markOperation<TInput>(op: Operation<TInput>): Operation<TInput> {
  return { ...op, context: { ...op.context, [markName]: {} } };
}

/** Records the token of an HTTP request. */
export function noteSentToken(op: Operation, token: string | null): void {
  const mark = markOf(op);
  if (mark !== undefined) tokensByMark.set(mark, token);
}

/** Records the token of a new WebSocket connection, which all its calls share. */
export function noteConnectionToken(tokens: TokenStore, token: string | null): void {
  tokensByConnection.set(tokens, token);
}

/** Returns the token that an operation was sent with; `undefined` if none was recorded. */
export function sentToken(op: Operation, tokens: TokenStore): string | null | undefined {
  const mark = markOf(op);
  const token = mark === undefined ? undefined : tokensByMark.get(mark);
  return token === undefined ? tokensByConnection.get(tokens) : token;
}

function markOf(op: Operation): object | undefined {
  const mark = op.context[markName];
  return typeof mark === 'object' && mark !== null ? mark : undefined;
}

/** Drops the token of a refused call, if the refusal ends the session. */
export function dropRefusedToken(tokens: TokenStore, token: string | null, error: unknown): void {
  const reason = sessionErrorReason(error);
  // A browser does not send an expired cookie: the server can only answer that no token came.
  if (reason === null || (!endsSession(reason) && (reason !== 'missing_token' || !isCookieMark(token)))) return;
  dropToken(tokens, token, reason);
}

const keptByCallerName = 'trpc-sessions.kept';

/**
 * The context of a `login` whose caller stores the token itself, as `useSession` does. The session must be in the query
 * cache before the store calls its listeners, or the status would be `loading` for a moment.
 */
export const keptByCaller: Readonly<Record<string, true>> = { [keptByCallerName]: true };

/** Returns whether the caller of this operation stores the token itself. */
export function isKeptByCaller(op: Operation): boolean {
  return op.context[keptByCallerName] === true;
}
