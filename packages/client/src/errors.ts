import type { SessionErrorReason, sessionErrors } from '@trpc-sessions/server';

/** The server's own table, as types: what is written below has to agree with it, or it does not compile. */
type EndsSession = { readonly [TReason in SessionErrorReason]: (typeof sessionErrors)[TReason]['endsSession'] };

const reasons = {
  missing_token: false,
  malformed_token: true,
  invalid_token: true,
  expired_token: true,
  revoked_session: true,
  idle_session: true,
  invalid_credentials: false,
  too_many_attempts: false,
  captcha_required: false,
  fresh_session_required: false,
} as const satisfies EndsSession;

/**
 * Answers why a call was refused: the `reason` of our server, or `null` for every other error, such as a dead network.
 *
 * @example
 * ```ts
 * import { sessionErrorReason } from '@trpc-sessions/client';
 *
 * try {
 *   await trpc.auth.login.mutate({ username, password });
 * } catch (error) {
 *   if (sessionErrorReason(error) !== 'invalid_credentials') throw error;
 *   show('Wrong user name or password.');
 * }
 * ```
 */
export function sessionErrorReason(error: unknown): SessionErrorReason | null {
  const reason = property(sessionErrorData(error), 'reason');
  return isReason(reason) ? reason : null;
}

/** Answers whether a refusal ends the session, so that its token is of no more use. */
export function endsSession(reason: SessionErrorReason | null): boolean {
  return reason !== null && reasons[reason];
}

/** Answers in how many seconds another attempt to sign in is welcome, or `null` where the server did not say. */
export function retryAfter(error: unknown): number | null {
  const seconds = property(sessionErrorData(error), 'retryAfter');
  return typeof seconds === 'number' ? seconds : null;
}

/** By shape, not by class: an app may hold several copies of tRPC. */
function sessionErrorData(error: unknown): unknown {
  return property(property(error, 'data'), 'session');
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Reflect.get(value, name);
}

function isReason(value: unknown): value is SessionErrorReason {
  return typeof value === 'string' && Object.hasOwn(reasons, value);
}
