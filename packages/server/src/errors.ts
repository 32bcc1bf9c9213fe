import {
  isSessionError,
  type SessionError,
  type SessionErrorReason,
  sessionErrors,
  SessionUsageError,
} from '@trpc-sessions/core';
import { TRPCError, type TRPCDefaultErrorData, type TRPCDefaultErrorShape, type TRPCErrorShape } from '@trpc/server';

/** What `error.data.session` tells the client: why it was refused. */
export interface SessionErrorData {
  readonly reason: SessionErrorReason;
  /** Seconds until another attempt is welcome, for `too_many_attempts`. */
  readonly retryAfter?: number;
}

/** The shape of a refusal on the wire: tRPC's own, with `data.session`. */
export interface SessionErrorShape extends TRPCErrorShape<TRPCDefaultErrorData & { session: SessionErrorData }> {}

/** Makes the tRPC error of a refusal. */
export function refusal(error: SessionError): TRPCError {
  return new TRPCError({ code: sessionErrors[error.reason].code, message: error.message, cause: error });
}

/**
 * Gives a `SessionError` that a resolver threw its own code: an app may throw one too, such as `fresh_session_required`.
 * For the result of a middleware's `next()`.
 */
export function withRefusal<TResult extends { readonly ok: boolean }>(
  result: TResult | (TResult & { readonly ok: false; readonly error: TRPCError }),
): TResult {
  if (!('error' in result)) return result;
  const cause: unknown = result.error.cause;
  return isSessionError(cause) ? { ...result, error: refusal(cause) } : result;
}

/** The same for what was thrown inside a stream. */
export function refusalOf(error: unknown): unknown {
  return isSessionError(error) ? refusal(error) : error;
}

/** Answers whether a refusal ends the session that was refused. */
export function isEndOfSession({ cause }: TRPCError): boolean {
  return isSessionError(cause) && sessionErrors[cause.reason].endsSession;
}

/** Whose misuse of the manager it is: the app's own, or that of the client whose input was passed on. */
type Misuse = 'INTERNAL_SERVER_ERROR' | 'BAD_REQUEST';

/** Waits for the session manager; what it throws becomes a tRPC error. */
export async function fromManager<TValue>(work: Promise<TValue>, misuse?: Misuse): Promise<TValue> {
  try {
    return await work;
  } catch (error) {
    throw trpcErrorOf(error, misuse);
  }
}

/**
 * A refusal keeps its reason; misuse becomes a 500 or a 400; and everything else is the database, a 503 whose details
 * stay on the server. Only the first may end a session.
 */
export function trpcErrorOf(error: unknown, misuse: Misuse = 'INTERNAL_SERVER_ERROR'): TRPCError {
  if (error instanceof TRPCError) return error;
  if (isSessionError(error)) return refusal(error);
  if (error instanceof SessionUsageError) {
    return new TRPCError({ code: misuse, message: error.message, cause: error });
  }
  return new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'The session store did not answer: try again.',
    cause: error,
  });
}

/** The formatter for `.errors()`: puts the reason of a refusal on the wire, whatever error formatter the app has. */
export function formatSessionError({
  error,
  shape,
}: {
  error: TRPCError;
  shape: TRPCDefaultErrorShape;
}): SessionErrorShape | undefined {
  const cause: unknown = error.cause;
  if (!isSessionError(cause)) return undefined;
  const { reason, retryAfter } = cause;
  // A refusal is no bug to debug: the stack, which tRPC adds in development, stays here.
  const { stack: _, ...data } = shape.data;
  return { ...shape, data: { ...data, session: { reason, ...(retryAfter !== undefined && { retryAfter }) } } };
}
