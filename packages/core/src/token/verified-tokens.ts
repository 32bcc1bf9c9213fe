import { createGenerationalMap, type Linked } from '../cache/generational-map.ts';
import type { RowHolder } from '../cache/session-cache.ts';
import type { Tokens } from './access-token.ts';
import type { AccessTokenClaims } from './token-rules.ts';
import { sessionIdOf } from './lookup-id.ts';
import { tailOf } from './token-tail.ts';
import { requireValidTime, validTimeOf } from './valid-time.ts';

/** The claims of a valid token, and the id of its session. */
export interface VerifiedToken extends RowHolder {
  readonly claims: AccessTokenClaims;
}

/**
 * Verifies a token without the database.
 *
 * @param now - in milliseconds
 * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
 */
export type VerifyToken = (token: string, now: number) => VerifiedToken;

/** Verified tokens in memory. */
export interface VerifiedTokens {
  readonly verifyToken: VerifyToken;
  /** The tokens of a user: all of those that `verifyToken` can return again. */
  readonly tokensOf: (userId: string) => readonly VerifiedToken[];
}

interface Entry extends VerifiedToken, Linked<Entry> {
  readonly token: string;
}

/**
 * Verifies tokens and caches up to `max` valid ones, so that a recurring token costs no cryptography. Tokens are found by
 * the end of their signature and compared as a whole, and their times are checked each time. Of two with the same end, the one
 * used last is kept. The keys of a manager never change.
 */
export function createVerifiedTokens(
  tokens: Tokens,
  { clockTolerance, max }: { readonly clockTolerance: number; readonly max: number },
): VerifiedTokens {
  const known = createGenerationalMap<number, Entry>(max, ({ userId }) => userId);

  function verify(token: string): Entry {
    const claims = freeze(tokens.verify(token));
    const { lookup_id: lookupId, sub: userId } = claims;
    return {
      token,
      claims,
      id: sessionIdOf(lookupId),
      userId,
      cached: undefined,
      next: undefined,
      previous: undefined,
    };
  }

  return {
    verifyToken(token, now) {
      // It refuses a value that is not a text.
      if (typeof token !== 'string') return verify(token);
      const tail = tailOf(token);
      const found = known.get(tail);
      if (found === undefined || found.token !== token) {
        const verified = verify(token);
        known.set(tail, verified);
        return verified;
      }
      requireValidTime(validTimeOf(found.claims, clockTolerance), now);
      return found;
    },
    tokensOf: (userId) => known.ofGroup(userId),
  };
}

/** Requests share cached claims: none may change them for the next. */
function freeze<TValue>(value: TValue): TValue {
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) freeze(each);
  return Object.freeze(value);
}
