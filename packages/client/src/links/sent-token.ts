import type { Operation } from '@trpc/client';
import type { TokenStore } from '../tokens/token-store.ts';

/**
 * An operation is copied on its way through the links, and so may be its context. This mark goes along with the copies,
 * and leads to the token without holding it: `loggerLink` prints contexts.
 */
const markName = 'trpc-sessions';
const tokensByMark = new WeakMap<object, string | null>();
const tokensByConnection = new WeakMap<TokenStore, string | null>();

/** Marks an operation, so that the token it is sent with can be told later. */
export function markOperation<TInput>(op: Operation<TInput>): Operation<TInput> {
  return { ...op, context: { ...op.context, [markName]: {} } };
}

/** Notes which token an HTTP request takes along. */
export function noteSentToken(op: Operation, token: string | null): void {
  const mark = markOf(op);
  if (mark !== undefined) tokensByMark.set(mark, token);
}

/** Notes which token a new WebSocket connection starts with: its calls are all sent with that one. */
export function noteConnectionToken(tokens: TokenStore, token: string | null): void {
  tokensByConnection.set(tokens, token);
}

/** Tells which token an operation was sent with; `undefined` where nobody noted it. */
export function sentToken(op: Operation, tokens: TokenStore): string | null | undefined {
  const mark = markOf(op);
  const token = mark === undefined ? undefined : tokensByMark.get(mark);
  return token === undefined ? tokensByConnection.get(tokens) : token;
}

function markOf(op: Operation): object | undefined {
  const mark = op.context[markName];
  return typeof mark === 'object' && mark !== null ? mark : undefined;
}
