import jwt from 'jsonwebtoken';
import { SessionError, SessionUsageError } from '../errors.ts';
import type { Key, KeyRing } from './keys.ts';
import { isCanonicalBase64url } from './base64url.ts';
import { hideLookupId } from './hidden-lookup-id.ts';
import { isLookupId } from './lookup-id.ts';
import { largestClaims, signableClaims } from './signable-claims.ts';
import { requireValidTime, validTimeOf } from './valid-time.ts';

/**
 * The longest token that is issued, in characters. With its name and attributes it fits the 4,096 bytes that browsers keep
 * of a cookie (RFC 6265 §6.1), and the header lines of 8 KiB that proxies pass on.
 */
export const maxIssuedLength = 3800;

/** The longest token that is read, in characters: earlier releases issued longer ones. */
export const maxTokenLength = 8192;

/** The explicit type of our tokens (RFC 8725 §3.11): no token that was signed for another purpose is accepted. */
export const tokenType = 'trpc-session+jwt';
/** The type of tokens that earlier releases issued. They are accepted while they live. */
const formerTokenType = 'JWT';

/** The claims of a verified access token (RFC 7519 §4.1), beside the app's own. Times are in seconds. */
export interface AccessTokenClaims {
  /** Names the session's row. It is a secret: a log, a spread and JSON of the claims leave it out. */
  readonly lookup_id: string;
  /** The user id. */
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  /** How often the token of the session had been reissued, this time included. Without it: never. */
  readonly lookup_generation?: number;
  /** The app's own claims. */
  readonly [claim: string]: unknown;
}

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

/** Three base64url parts (RFC 7515 §7.1). The last may be empty, so that `alg: none` is refused as an algorithm. */
const shape = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export function createTokens(rules: TokenRules): Tokens {
  const { keys, issuer, audience, clock } = rules;
  const { signer } = keys;
  const signOptions: jwt.SignOptions = {
    algorithm: signer.alg,
    header: { alg: signer.alg, typ: tokenType },
    ...(signer.kid !== undefined && { keyid: signer.kid }),
  };
  const fixedClaims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
  };
  const expected: jwt.VerifyOptions = {
    // jsonwebtoken takes a clock at zero for a missing one: `requireValidTime` compares the times.
    ignoreExpiration: true,
    ignoreNotBefore: true,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience: typeof audience === 'string' ? audience : nonEmpty(audience) }),
  };

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
      const header = readHeader(token);
      const candidates = keys.find(header.kid);
      const [key] = candidates;
      // RFC 8725 §3.1: the algorithm comes from the key, never from the header. RFC 7515 §4.1.11: we know no `crit`.
      if (key === undefined || header.alg !== key.alg || header.crit || !isOurType(header.typ)) {
        throw new SessionError('invalid_token');
      }

      let payload: string | jwt.JwtPayload;
      try {
        payload = verifyWithAny(token, candidates, { ...expected, algorithms: [key.alg] });
      } catch (cause) {
        // An error of JSON.parse quotes its input, so only those of jsonwebtoken are kept as the cause.
        if (!(cause instanceof jwt.JsonWebTokenError)) throw new SessionError('invalid_token');
        throw new SessionError('invalid_token', { cause });
      }
      if (!isAccessTokenClaims(payload)) throw new SessionError('invalid_token');
      requireValidTime(validTimeOf(payload, rules.clockTolerance), clock());
      return hideLookupId(payload, token);
    },
  };
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

function hasShape(token: unknown): boolean {
  return (
    typeof token === 'string' &&
    token.length <= maxTokenLength &&
    shape.test(token) &&
    token.split('.').every(isCanonicalBase64url)
  );
}

/** Media types are compared in any case (RFC 7515 §4.1.9). */
function isOurType(type: unknown): boolean {
  if (typeof type !== 'string') return false;
  const lower = type.toLowerCase();
  return lower === tokenType || lower === formerTokenType.toLowerCase();
}

/** Reads the header. Its signature is not checked yet: it only chooses the key. */
function readHeader(token: string): { alg: unknown; typ: unknown; kid: string | undefined; crit: boolean } {
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString());
  } catch {
    // The parser's own message quotes its input, so it is not kept as the cause.
    throw new SessionError('malformed_token');
  }
  if (typeof header !== 'object' || header === null || !('alg' in header)) throw new SessionError('malformed_token');
  const kid = 'kid' in header ? header.kid : undefined;
  if (kid !== undefined && typeof kid !== 'string') throw new SessionError('invalid_token');
  return { alg: header.alg, typ: 'typ' in header ? header.typ : undefined, kid, crit: 'crit' in header };
}

function isAccessTokenClaims(payload: string | jwt.JwtPayload): payload is jwt.JwtPayload & AccessTokenClaims {
  return (
    typeof payload === 'object' &&
    isLookupId(payload['lookup_id']) &&
    isGeneration(payload['lookup_generation']) &&
    typeof payload.sub === 'string' &&
    payload.sub !== '' &&
    Number.isFinite(payload.iat) &&
    Number.isFinite(payload.exp)
  );
}

/** The first token of a session has none. */
function isGeneration(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
}

function nonEmpty(list: readonly string[]): [string, ...string[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new TypeError('audience: the list is empty; leave the option out to check none');
  return [first, ...rest];
}
