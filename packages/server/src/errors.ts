import {
  isSessionError,
  type SessionError,
  type SessionErrorReason,
  sessionErrors,
  SessionUsageError,
} from '@trpc-sessions/core';
import { prospectOf } from './faults.ts';
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

/** Waits for the session manager, and turns its errors into tRPC errors. */
export async function fromManager<TValue>(work: Promise<TValue>, misuse?: Misuse): Promise<TValue> {
  try {
    return await work;
  } catch (error) {
    throw trpcErrorOf(error, misuse);
  }
}

/**
 * The tRPC error of what the manager threw. A refusal keeps its reason, and only a refusal may end a session. Misuse is a 500
 * or a 400. A fault is a 503, or a 500 where the database will answer the same again; its details stay on the server.
 */
export function trpcErrorOf(error: unknown, misuse: Misuse = 'INTERNAL_SERVER_ERROR'): TRPCError {
  if (isTRPCError(error)) return error;
  if (isSessionError(error)) return refusal(error);
  if (error instanceof SessionUsageError) {
    return new TRPCError({ code: misuse, message: error.message, cause: error });
  }
  // A callback of the app's gave the manager a number that is no number.
  const isLasting = error instanceof RangeError || prospectOf(error) === 'lasting';
  return isLasting
    ? new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'The session store failed.', cause: error })
    : new TRPCError({
        code: 'SERVICE_UNAVAILABLE',
        message: 'The session store did not answer: try again.',
        cause: error,
      });
}

/**
 * Calls back into the app. An error that the app made for the client, a `TRPCError` or a `SessionError`, passes. Any other
 * is a fault: a 503 where a service did not answer, or else a 500; its details stay on the server.
 */
export async function fromApp<TValue>(call: () => TValue | Promise<TValue>): Promise<TValue> {
  try {
    return await call();
  } catch (error) {
    if (isTRPCError(error)) throw error;
    if (isSessionError(error)) throw refusal(error);
    throw prospectOf(error) === 'passing'
      ? new TRPCError({
          code: 'SERVICE_UNAVAILABLE',
          message: 'A service that this call needs did not answer: try again.',
          cause: error,
        })
      : new TRPCError({
          code: 'INTERNAL_SERVER_ERROR',
          message: 'The server failed to answer this call.',
          cause: error,
        });
  }
}

/** By its name, as tRPC itself does: an app may load tRPC twice. */
export function isTRPCError(error: unknown): error is TRPCError {
  return error instanceof Error && error.name === 'TRPCError';
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
