import { SessionError } from '../errors.ts';

/** When a token is valid, its tolerance included. In seconds. */
export interface ValidTime {
  /** Valid from this second on. */
  readonly notBefore: number;
  /** No longer valid from this second on. */
  readonly expires: number;
}

/**
 * Reads when a token is valid (RFC 7519 §4.1.4, §4.1.5).
 *
 * @param clockTolerance - how far clocks may differ, in milliseconds. It is rounded up to seconds, as the times are
 * @throws {SessionError} `invalid_token`: `nbf` is not a number
 */
export function validTimeOf({ nbf, exp }: { nbf?: unknown; exp: number }, clockTolerance: number): ValidTime {
  const tolerance = Math.ceil(clockTolerance / 1000);
  if (nbf !== undefined && !(typeof nbf === 'number' && Number.isFinite(nbf))) throw new SessionError('invalid_token');
  return { notBefore: nbf === undefined ? -Infinity : nbf - tolerance, expires: exp + tolerance };
}

/**
 * @param now - in milliseconds
 * @throws {SessionError} `expired_token`; `invalid_token` before its time
 */
export function requireValidTime({ notBefore, expires }: ValidTime, now: number): void {
  const seconds = Math.floor(now / 1000);
  // A clock that gives no number finds every token expired, and none valid for ever.
  if (!(seconds < expires)) throw new SessionError('expired_token');
  if (!(seconds >= notBefore)) throw new SessionError('invalid_token');
}
