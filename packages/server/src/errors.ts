import {
  isSessionError,
  type SessionError,
  type SessionEnd,
  type SessionErrorReason,
  sessionErrors,
  isSessionUsageError,
} from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import type { TRPCErrorShape } from '@trpc/server/rpc';
import { prospectOf, readable } from './faults.ts';
import { formattedForAllCopies } from './formatted-shape.ts';
import type { DefaultErrorData, DefaultErrorShape, ErrorFormatterOptions } from './trpc/error-shape.ts';

/** The `error.data.session` of a refusal. */
export interface SessionErrorData {
  readonly reason: SessionErrorReason;
  /** Seconds until another attempt is welcome, for `too_many_attempts`. */
  readonly retryAfter?: number;
  /**
   * How the session ended, for `revoked_session`, if that is recorded. `at` is a Date here, and an ISO string on the wire where the app
   * has no transformer.
   */
  readonly ended?: SessionEnd;
  /** The `contextKey` of the plugin that refused, if it has one: an app may have two plugins. */
  readonly plugin?: string;
}

/** The shape of a refusal on the wire: tRPC's own, with `data.session`. */
export interface SessionErrorShape extends TRPCErrorShape<DefaultErrorData & { session: SessionErrorData }> {}

/** Makes the tRPC error of a refusal. */
export function refusal(error: SessionError): TRPCError {
  const { code } = sessionErrors[error.reason];
  return formattedForAllCopies(new TRPCError({ code, message: error.message, cause: error }));
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

/** The same for an error that was thrown inside a stream. */
export function refusalOf(error: unknown): unknown {
  return isSessionError(error) ? refusal(error) : error;
}

/** The refusal that an error is, or that a tRPC error was made of. */
export function sessionErrorOf(error: unknown): SessionError | undefined {
  if (isSessionError(error)) return error;
  return isTRPCError(error) && isSessionError(error.cause) ? error.cause : undefined;
}

/** Answers whether a refusal ends the session that was refused. */
export function isEndOfSession(error: unknown): boolean {
  const refused = sessionErrorOf(error);
  return refused !== undefined && sessionErrors[refused.reason].endsSession;
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
 * The tRPC error of an error of the manager's. A refusal keeps its reason, and only a refusal may end a session. Misuse is a 500
 * or a 400. A fault is a 503, or a 500 where the database will answer the same again; its details stay on the server.
 */
export function trpcErrorOf(thrown: unknown, misuse: Misuse = 'INTERNAL_SERVER_ERROR'): TRPCError {
  const error = readable(thrown);
  if (isTRPCError(error)) return error;
  if (isSessionError(error)) return refusal(error);
  if (isSessionUsageError(error)) {
    return new TRPCError({ code: misuse, message: error.message, cause: error });
  }
  // An error that a callback of the app, such as `maxSessionsPerUser`, made for the client.
  if (error instanceof Error && isTRPCError(error.cause)) return error.cause;
  return prospectOf(error) === 'lasting'
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
  } catch (thrown) {
    const error = readable(thrown);
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

/** An app's `errorFormatter`, as its `initTRPC.create` takes it. */
export type AppErrorFormatter = (opts: ErrorFormatterOptions<undefined>) => TRPCErrorShape;

/** The formatter for `.errors()`: puts the reason of a refusal on the wire. Other errors are left to the app's formatter. */
export type SessionErrorFormatter = (
  opts: Omit<Parameters<AppErrorFormatter>[0], 'ctx'> & { readonly ctx: unknown },
) => SessionErrorShape | undefined;

/**
 * @param appFormatter - tRPC calls either the formatter of a procedure or that of the app, and shows neither to the other. So
 *   an app that wants its own fields in our refusals hands us its formatter.
 */
export function createErrorFormatter(
  appFormatter: AppErrorFormatter | undefined,
  plugin?: string,
): SessionErrorFormatter {
  return (opts) => {
    const cause: unknown = opts.error.cause;
    if (!isSessionError(cause)) return undefined;
    const { reason, retryAfter, ended } = cause;
    // A refusal is no bug to debug: the stack, which tRPC adds in development, is left out.
    const { stack: _, ...data } = opts.shape.data;
    const shape = { ...opts.shape, data };
    const session: SessionErrorData = {
      reason,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(ended !== undefined && { ended }),
      ...(plugin !== undefined && { plugin }),
    };
    const { data: ofApp, ...rest } = shapeOf(appFormatter, { ...opts, shape });
    return { ...rest, data: { ...data, ...ofApp, session } };
  };
}

/** A shape on the wire that holds `data.session` if the error is a refusal. */
export interface FormattedErrorShape extends DefaultErrorShape {
  data: DefaultErrorData & { session?: SessionErrorData };
}

const formatRefusal = createErrorFormatter(undefined);

/**
 * The `errorFormatter` for an app whose tRPC is older than 11.22: it puts the reason of a refusal on the wire. An app with
 * a formatter of its own calls it there. Since 11.22, no app needs it.
 *
 * @example
 * ```ts
 * import { sessionErrorFormatter, type SessionsContext } from '@trpc-sessions/server';
 *
 * const t = initTRPC.context<SessionsContext>().create({ errorFormatter: sessionErrorFormatter });
 * ```
 */
export function sessionErrorFormatter(
  opts: Pick<ErrorFormatterOptions<unknown>, 'error' | 'shape'>,
): FormattedErrorShape {
  const { error, shape } = opts;
  return (
    formatRefusal({ error, shape, type: 'unknown', path: shape.data.path, input: undefined, ctx: undefined }) ?? shape
  );
}

/** The shape as the app has it, or tRPC's own: a formatter that fails must not turn a refusal into a fault. */
function shapeOf(
  appFormatter: AppErrorFormatter | undefined,
  opts: Parameters<SessionErrorFormatter>[0],
): TRPCErrorShape {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the context is the app's own
    const shape = appFormatter?.(opts as Parameters<AppErrorFormatter>[0]) ?? opts.shape;
    // A function in plain JavaScript may return a promise, whose rejection would end the process.
    if (shape instanceof Promise) shape.catch(() => {});
    // Read here: a getter of the app's may throw.
    return typeof shape.message === 'string' ? { ...shape, data: { ...shape.data } } : opts.shape;
  } catch {
    return opts.shape;
  }
}
