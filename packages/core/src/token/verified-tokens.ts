import { createGenerationalMap } from '../cache/generational-map.ts';
import type { AccessTokenClaims, Tokens } from './access-token.ts';
import { sessionIdOf } from './lookup-id.ts';
import { requireValidTime, validTimeOf, type ValidTime } from './valid-time.ts';

/** The claims of a valid token, and the id of its session. */
export interface VerifiedToken {
  readonly claims: AccessTokenClaims;
  readonly id: string;
}

/**
 * Verifies a token without the database.
 *
 * @param now - in milliseconds
 * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
 */
export type VerifyToken = (token: string, now: number) => VerifiedToken;

interface Entry extends VerifiedToken {
  readonly token: string;
  readonly validTime: ValidTime;
}

/**
 * Verifies tokens and caches up to `max` valid ones, so that a recurring token costs no cryptography. Tokens are found by
 * their signature and compared as a whole, and their times are checked each time. The keys of a manager never change.
 */
export function createVerifiedTokens(
  tokens: Tokens,
  { clockTolerance, max }: { readonly clockTolerance: number; readonly max: number },
): VerifyToken {
  const known = createGenerationalMap<Entry>(max);
  const tolerance = Math.ceil(clockTolerance / 1000);

  function verify(token: string): Entry {
    const claims = freeze(tokens.verify(token));
    return { token, claims, id: sessionIdOf(claims.lookup_id), validTime: validTimeOf(claims, tolerance) };
  }

  return (token, now) => {
    // A value that is not a text is refused there.
    if (typeof token !== 'string') return verify(token);
    const signature = token.slice(token.lastIndexOf('.') + 1);
    const entry = known.get(signature);
    if (entry === undefined || entry.token !== token) {
      const verified = verify(token);
      known.set(signature, verified);
      return verified;
    }
    requireValidTime(entry.validTime, now);
    return entry;
  };
}

/** Requests share cached claims: none may change them for the next. */
function freeze<TValue>(value: TValue): TValue {
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) freeze(each);
  return Object.freeze(value);
}
