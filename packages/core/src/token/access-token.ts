import { inspect } from 'node:util';
import jwt from 'jsonwebtoken';
import { SessionError, SessionUsageError } from '../errors.ts';
import type { Key, KeyRing } from './keys.ts';
import { isLookupId } from './lookup-id.ts';

/** Longer than this is not one of ours. In characters; an HTTP header line is rarely allowed 16 KiB. */
export const maxTokenLength = 8192;

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
  /** Whatever the app adds. */
  readonly [claim: string]: unknown;
}

/** What the tokens of a manager must and may say. Times are in milliseconds. */
export interface TokenRules {
  readonly keys: KeyRing;
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
  readonly clockTolerance: number;
  readonly clock: () => number;
}

/** Signs and verifies access tokens. */
export interface Tokens {
  /**
   * Signs a token.
   *
   * @throws {SessionUsageError} an app claim would overwrite a registered one, or the token would be longer than
   * {@link maxTokenLength}
   */
  sign(
    registered: { lookupId: string; userId: string; issuedAt: number; expiresAt: number },
    claims: Readonly<Record<string, unknown>>,
  ): string;
  /**
   * Verifies a token, without the database: shape, then algorithm, key and signature, then claims.
   *
   * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
   */
  verify(token: string): AccessTokenClaims;
}

/** Three base64url parts (RFC 7515 §7.1). The last may be empty, so that `alg: none` is refused for what it is. */
const shape = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** RFC 7519 §4.1, and ours. */
const registeredClaims: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'lookup_id']);

export function createTokens(rules: TokenRules): Tokens {
  const { keys, issuer, audience, clock } = rules;
  const { signer } = keys;
  const toleranceSeconds = Math.ceil(rules.clockTolerance / 1000);
  const signOptions: jwt.SignOptions = {
    algorithm: signer.alg,
    ...(signer.kid !== undefined && { keyid: signer.kid }),
  };
  const fixedClaims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(audience !== undefined && { aud: audience }),
  };
  const expected: jwt.VerifyOptions = {
    clockTolerance: toleranceSeconds,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience: typeof audience === 'string' ? audience : nonEmpty(audience) }),
  };

  return {
    sign({ lookupId, userId, issuedAt, expiresAt }, claims) {
      requireClaims(claims);
      const ours = { ...fixedClaims, lookup_id: lookupId, sub: userId, iat: issuedAt, exp: expiresAt };
      let token: string;
      try {
        token = jwt.sign({ ...claims, ...ours }, signer.signing, signOptions);
      } catch (cause) {
        throw new SessionUsageError('claims: they cannot be written as JSON', { cause });
      }
      if (token.length > maxTokenLength) {
        throw new SessionUsageError(
          `claims: the token would be ${token.length} characters long, ${maxTokenLength} are allowed; keep large data in the database`,
        );
      }
      return token;
    },

    verify(token) {
      if (typeof token !== 'string' || token.length > maxTokenLength || !shape.test(token)) {
        throw new SessionError('malformed_token');
      }
      const header = readHeader(token);
      const candidates = keys.find(header.kid);
      const [key] = candidates;
      // RFC 8725 §3.1: the algorithm comes from the key, never from the header. RFC 7515 §4.1.11: we know no `crit`.
      if (key === undefined || header.alg !== key.alg || header.crit) throw new SessionError('invalid_token');

      let payload: string | jwt.JwtPayload;
      try {
        payload = verifyWithAny(token, candidates, {
          ...expected,
          algorithms: [key.alg],
          clockTimestamp: Math.floor(clock() / 1000),
        });
      } catch (cause) {
        // JSON.parse quotes what it was given, which is no error of jsonwebtoken's: it is not kept as the cause.
        if (!(cause instanceof jwt.JsonWebTokenError)) throw new SessionError('invalid_token');
        throw new SessionError(cause instanceof jwt.TokenExpiredError ? 'expired_token' : 'invalid_token', { cause });
      }
      if (!isAccessTokenClaims(payload)) throw new SessionError('invalid_token');
      return hideLookupId(payload);
    },
  };
}

/** There are several keys only where tokens have no key id: secrets of one algorithm, old and new. */
function verifyWithAny(token: string, keys: readonly Key[], options: jwt.VerifyOptions): string | jwt.JwtPayload {
  let refusal: unknown;
  for (const { verifying } of keys) {
    try {
      return jwt.verify(token, verifying, options);
    } catch (error) {
      // Whoever has signed it has the last word.
      if (!isWrongSignature(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function isWrongSignature(error: unknown): boolean {
  return error instanceof jwt.JsonWebTokenError && error.message === 'invalid signature';
}

function requireClaims(claims: unknown): void {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new SessionUsageError('claims: expected an object');
  }
  for (const name of Object.keys(claims)) {
    if (registeredClaims.has(name)) {
      throw new SessionUsageError(
        `claims: "${name}" is a registered claim that trpc-sessions sets itself; name yours differently`,
      );
    }
    // What every object has: readers would take it for that.
    if (name in Object.prototype) throw new SessionUsageError(`claims: "${name}" can be the name of none`);
  }
}

/** Reads the header, which nobody has signed yet: it only chooses the key. */
function readHeader(token: string): { alg: unknown; kid: string | undefined; crit: boolean } {
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
  return { alg: header.alg, kid, crit: 'crit' in header };
}

function isAccessTokenClaims(payload: string | jwt.JwtPayload): payload is jwt.JwtPayload & AccessTokenClaims {
  return (
    typeof payload === 'object' &&
    isLookupId(payload['lookup_id']) &&
    typeof payload.sub === 'string' &&
    payload.sub !== '' &&
    Number.isFinite(payload.iat) &&
    Number.isFinite(payload.exp)
  );
}

/** The lookup id stays readable, and no log shows it: not even `util.inspect` of hidden properties and getters. */
function hideLookupId(claims: AccessTokenClaims): AccessTokenClaims {
  const { lookup_id: lookupId, ...shown } = claims;
  return Object.defineProperties(claims, {
    lookup_id: { get: () => lookupId, enumerable: false },
    [inspect.custom]: { value: () => shown, enumerable: false },
  });
}

function nonEmpty(list: readonly string[]): [string, ...string[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new TypeError('audience: the list is empty; leave the option out to check none');
  return [first, ...rest];
}
