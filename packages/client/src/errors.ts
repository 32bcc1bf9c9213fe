import type { EndCause, EndedBy, SessionEnd, SessionErrorReason, sessionErrors } from '@trpc-sessions/server';

/** The server's table, as a type: the table below compiles only if it agrees. */
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
  account_unavailable: true,
  captcha_required: false,
  fresh_session_required: false,
} as const satisfies EndsSession;

/**
 * Returns why our server refused a call, or `null` for any other error, such as a network error.
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

/** Returns whether a refusal ends the session, so that its token is useless. */
export function endsSession(reason: SessionErrorReason | null): boolean {
  return reason !== null && reasons[reason];
}

/** Returns after how many seconds the user may try to sign in again, or `null` if the server did not say. */
export function retryAfter(error: unknown): number | null {
  const seconds = property(sessionErrorData(error), 'retryAfter');
  return typeof seconds === 'number' ? seconds : null;
}

const bys = { self: true, another_device: true, staff: true, system: true } as const satisfies Record<EndedBy, true>;

/**
 * Returns how the session of a refused call ended, or `null` if the server did not say: who ended it, when and why. The cause may be
 * one of a newer server's.
 *
 * @example
 * ```ts
 * import { endedOf } from '@trpc-sessions/client';
 *
 * try {
 *   await trpc.auth.sessions.list.query();
 * } catch (error) {
 *   if (endedOf(error)?.by === 'another_device') show('Another of your devices signed this one out.');
 * }
 * ```
 */
export function endedOf(error: unknown): SessionEnd | null {
  return readEnd(property(sessionErrorData(error), 'ended'));
}

/** Reads an end by shape: without a transformer, its time is a text. */
export function readEnd(value: unknown): SessionEnd | null {
  const [at, cause, by] = [property(value, 'at'), property(value, 'cause'), property(value, 'by')];
  if (typeof cause !== 'string' || !isBy(by) || !(at instanceof Date || typeof at === 'string')) return null;
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a newer server may have more causes: they pass
  return { at: time, cause: cause as EndCause, by };
}

function isBy(value: unknown): value is EndedBy {
  return typeof value === 'string' && Object.hasOwn(bys, value);
}

/** Returns whether an error may be a refusal of this plugin. Without a name, any plugin is the one. */
export function isOfPlugin(error: unknown, plugin: string | undefined): boolean {
  return plugin === undefined || property(sessionErrorData(error), 'plugin') === plugin;
}

/** A longer chain of causes is none of tRPC's. */
const maxCauses = 5;

/**
 * Reads our data of an error by shape, not by class. An app may hold two copies of tRPC: the client of one wraps the error
 * of the other's link, whose data is then in `cause`.
 */
function sessionErrorData(error: unknown, depth = 0): unknown {
  const data = property(property(error, 'data'), 'session');
  return data !== undefined || depth === maxCauses ? data : sessionErrorData(property(error, 'cause'), depth + 1);
}

function property(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name);
}

/** Returns whether a text is a reason of {@link sessionErrorReason}. */
export function isReason(value: unknown): value is SessionErrorReason {
  return typeof value === 'string' && Object.hasOwn(reasons, value);
}
