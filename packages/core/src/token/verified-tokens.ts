import { SessionError } from '../errors.ts';
import { sessionIdOf } from './lookup-id.ts';
import { createGenerationalMap } from '../cache/generational-map.ts';
import type { AccessTokenClaims, Tokens } from './access-token.ts';

/** A token that holds, and the id of the row that it names. */
export interface VerifiedToken {
  readonly claims: AccessTokenClaims;
  readonly id: string;
}

/**
 * Answers what a token says, if it holds `now` (in milliseconds).
 *
 * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
 */
export type VerifyToken = (token: string, now: number) => VerifiedToken;

interface Entry extends VerifiedToken {
  readonly token: string;
  /** In seconds, tolerance included: let in from the first, refused from the second. */
  readonly notBefore: number;
  readonly expires: number;
}

/**
 * Verifies tokens, and remembers up to `max` of those that held: a token that comes again costs no cryptography. A token is known by
 * its signature and compared as a whole, and its times are checked every time. The keys of a manager never change.
 */
export function createVerifiedTokens(
  tokens: Tokens,
  { clockTolerance, max }: { readonly clockTolerance: number; readonly max: number },
): VerifyToken {
  const known = createGenerationalMap<Entry>(max);
  const tolerance = Math.ceil(clockTolerance / 1000);

  function verify(token: string): Entry {
    const claims = freeze(tokens.verify(token));
    const { nbf, exp, lookup_id: lookupId } = claims;
    const notBefore = typeof nbf === 'number' ? nbf - tolerance : -Infinity;
    return { token, claims, id: sessionIdOf(lookupId), notBefore, expires: exp + tolerance };
  }

  return (token, now) => {
    // Whatever a program passes that is no text, the tokens refuse.
    if (typeof token !== 'string') return verify(token);
    const signature = token.slice(token.lastIndexOf('.') + 1);
    const entry = known.get(signature);
    if (entry === undefined || entry.token !== token) {
      const verified = verify(token);
      known.set(signature, verified);
      return verified;
    }
    const seconds = Math.floor(now / 1000);
    if (seconds >= entry.expires) {
      known.delete(signature);
      throw new SessionError('expired_token');
    }
    if (seconds < entry.notBefore) throw new SessionError('invalid_token');
    return entry;
  };
}

/** Requests share what was remembered: none may change it for the next. */
function freeze<TValue>(value: TValue): TValue {
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) freeze(each);
  return Object.freeze(value);
}
