import type { EndCause, EndedBy, SessionEnd, SessionErrorReason, sessionErrors } from '@trpc-sessions/server';
import { property } from './property.ts';

/** The server's table, as a type: the tables below compile only if they agree. */
type ReasonsThat<TEndsSession extends boolean> = {
  readonly [
    TReason in SessionErrorReason as (typeof sessionErrors)[TReason]['endsSession'] extends TEndsSession
      ? TReason
      : never
  ]: true;
};

/** The reasons that end the session. */
const endingReasons = {
  malformed_token: true,
  invalid_token: true,
  expired_token: true,
  revoked_session: true,
  idle_session: true,
  account_unavailable: true,
} as const satisfies ReasonsThat<true>;

/** The other reasons. They stand apart, so that a page that only has to know whether a session has ended does not load them. */
const otherReasons = {
  missing_token: true,
  invalid_credentials: true,
  too_many_attempts: true,
  captcha_required: true,
  fresh_session_required: true,
} as const satisfies ReasonsThat<false>;

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
  const reason = refusalReason(error);
  return isReason(reason) ? reason : null;
}

/**
 * Returns the reason of a refusal as it arrived: it may be one of a newer server's.
 *
 * @param plugin - the plugin that must have refused. @defaultValue any
 */
export function refusalReason(error: unknown, plugin?: string): unknown {
  const data = sessionErrorData(error);
  return plugin === undefined || property(data, 'plugin') === plugin ? property(data, 'reason') : undefined;
}

/** Returns whether a refusal ends the session, so that its token is useless. */
export function endsSession(reason: SessionErrorReason | null): boolean {
  return isEnding(reason);
}

/** Returns whether a text is a reason that ends the session. */
export function isEnding(value: unknown): value is keyof ReasonsThat<true> {
  return typeof value === 'string' && Object.hasOwn(endingReasons, value);
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
  const time = new Date(at instanceof Date ? at : String(at));
  if (typeof cause !== 'string' || !isBy(by) || Number.isNaN(time.getTime())) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a newer server may have more causes: they pass
  return { at: time, cause: cause as EndCause, by };
}

function isBy(value: unknown): value is EndedBy {
  return typeof value === 'string' && Object.hasOwn(bys, value);
}

/** tRPC makes no longer chain of causes. An app may make one that never ends. */
const maxCauses = 5;

/**
 * Reads our data of an error by shape, not by class. An app may hold two copies of tRPC: the client of one wraps the error
 * of the other's link, whose data is then in `cause`.
 */
function sessionErrorData(error: unknown, depth = 0): unknown {
  if (depth > maxCauses) return undefined;
  return property(property(error, 'data'), 'session') ?? sessionErrorData(property(error, 'cause'), depth + 1);
}

/** Returns whether a text is a reason of {@link sessionErrorReason}. */
export function isReason(value: unknown): value is SessionErrorReason {
  return isEnding(value) || (typeof value === 'string' && Object.hasOwn(otherReasons, value));
}
