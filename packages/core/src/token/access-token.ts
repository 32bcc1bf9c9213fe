import jwt from 'jsonwebtoken';
import { SessionError, SessionUsageError } from '../errors.ts';
import type { Key, KeyRing } from './keys.ts';
import { hideLookupId } from './hidden-lookup-id.ts';
import { largestClaims, signableClaims } from './signable-claims.ts';
import {
  hasShape,
  readHeader,
  requireClaims,
  requireKeyFor,
  tokenType,
  type AccessTokenClaims,
} from './token-rules.ts';
import { requireValidTime, validTimeOf } from './valid-time.ts';

/**
 * The longest token that is issued, in characters. With its name and attributes it fits the 4,096 bytes that browsers keep
 * of a cookie (RFC 6265 §6.1), and the header lines of 8 KiB that proxies pass on.
 */
export const maxIssuedLength = 3800;

/** The rules that a manager's tokens follow. In milliseconds. */
export interface TokenRules {
  readonly keys: KeyRing;
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
  readonly clockTolerance: number;
  readonly clock: () => number;
}

/** The claims that a token has by itself. Times are in seconds. */
export interface RegisteredClaims {
  readonly lookupId: string;
  readonly userId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** How often the token has been reissued. @defaultValue 0 */
  readonly generation?: number;
}

/** Signs and verifies access tokens. */
export interface Tokens {
  /**
   * Signs a token.
   *
   * @throws {SessionUsageError} an app claim overwrites a registered one, or the token is longer than
   *   {@link maxIssuedLength}
   */
  sign(registered: RegisteredClaims, claims: Readonly<Record<string, unknown>>): string;
  /**
   * Verifies a token, without the database: shape, then algorithm, key and signature, then claims.
   *
   * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
   */
  verify(token: string): AccessTokenClaims;
}

export function createTokens(rules: TokenRules): Tokens {
  const { keys, issuer, audience, clock } = rules;
  /** Made for the first token: the keys may be read then. */
  let signOptions: jwt.SignOptions | undefined;
  const fixedClaims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
  };
  // jsonwebtoken takes a clock at zero for a missing one: `requireValidTime` compares the times.
  const timeless: jwt.VerifyOptions = { ignoreExpiration: true, ignoreNotBefore: true };

  return {
    sign({ lookupId, userId, issuedAt, expiresAt, generation = 0 }, claims) {
      const own = signableClaims(claims);
      const ours = {
        ...fixedClaims,
        lookup_id: lookupId,
        ...(generation > 0 && { lookup_generation: generation }),
        sub: userId,
        iat: issuedAt,
        exp: expiresAt,
      };
      // As a text: of an object, jsonwebtoken replaces an `iat` of zero.
      const { signer } = keys;
      signOptions ??= signOptionsOf(signer);
      const token = jwt.sign(JSON.stringify({ ...own, ...ours }), signer.signing, signOptions);
      if (token.length > maxIssuedLength) {
        throw new SessionUsageError(
          `claims: the token would be ${token.length} characters long, and ${maxIssuedLength} are allowed. ` +
            `Keep large data in the database: the largest claims are ${largestClaims(own)}`,
        );
      }
      return token;
    },

    verify(token) {
      if (!hasShape(token)) throw new SessionError('malformed_token');
      const header = readHeader(headerOf(token));
      const candidates = keys.find(header.kid);
      const { alg } = requireKeyFor(header, candidates[0]);

      let payload: string | jwt.JwtPayload;
      try {
        payload = verifyWithAny(token, candidates, { ...timeless, algorithms: [alg] });
      } catch (cause) {
        // An error of JSON.parse quotes its input, so only those of jsonwebtoken are kept as the cause.
        if (!(cause instanceof jwt.JsonWebTokenError)) throw new SessionError('invalid_token');
        throw new SessionError('invalid_token', { cause });
      }
      const verified = requireClaims(payload, rules);
      requireValidTime(validTimeOf(verified, rules.clockTolerance), clock());
      return hideLookupId(verified, token);
    },
  };
}

function signOptionsOf({ alg, kid }: Key): jwt.SignOptions {
  return { algorithm: alg, header: { alg, typ: tokenType }, ...(kid !== undefined && { keyid: kid }) };
}

/** Only tokens without a key id have several keys: secrets of one algorithm, old and new. */
function verifyWithAny(token: string, keys: readonly Key[], options: jwt.VerifyOptions): string | jwt.JwtPayload {
  let refusal: unknown;
  for (const { verifying } of keys) {
    try {
      return jwt.verify(token, verifying, options);
    } catch (error) {
      // The signature matched: other errors are final.
      if (!isWrongSignature(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function isWrongSignature(error: unknown): boolean {
  return error instanceof jwt.JsonWebTokenError && error.message === 'invalid signature';
}

function headerOf(token: string): string {
  return Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString();
}
