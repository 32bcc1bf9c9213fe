import { SessionError } from '../errors.ts';
import { isCanonicalBase64url } from './base64url.ts';
import { isLookupId } from './lookup-id-shape.ts';

// The rules of a token, whatever verifies its signature. They run on every platform.

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

/** The header of a token (RFC 7515 §4.1). Its signature is not checked yet: it only chooses the key. */
export interface TokenHeader {
  readonly alg: unknown;
  readonly typ: unknown;
  readonly kid: string | undefined;
  /** Whether it says that its payload is not plain claims, or that it must be understood otherwise. */
  readonly isExtended: boolean;
}

/** RFC 7515 §4.1.10, §4.1.11, RFC 7797 §3, RFC 7516 §4.1: none of our tokens has one. */
const extensions = ['b64', 'crit', 'cty', 'enc', 'zip'];

/** The issuer and the audience that are required of a token (RFC 7519 §4.1.1, §4.1.3). */
export interface Recipient {
  readonly issuer: string | undefined;
  readonly audience: string | readonly string[] | undefined;
}

/**
 * Reads the options `issuer` and `audience`.
 *
 * @throws {TypeError} naming the wrong one
 */
export function readRecipient({ issuer, audience }: { issuer?: unknown; audience?: unknown }): Recipient {
  if (issuer !== undefined && !isText(issuer))
    throw new TypeError('issuer: expected a text; leave it out to check none');
  if (audience === undefined || isText(audience)) return { issuer, audience };
  if (Array.isArray(audience) && audience.length > 0 && audience.every(isText)) return { issuer, audience };
  throw new TypeError('audience: expected a text or a list of texts; leave it out to check none');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Three base64url parts (RFC 7515 §7.1). The last may be empty, so that `alg: none` is refused as an algorithm. */
const shape = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export function hasShape(token: unknown): token is string {
  return (
    typeof token === 'string' &&
    token.length <= maxTokenLength &&
    shape.test(token) &&
    token.split('.').every(isCanonicalBase64url)
  );
}

/**
 * Reads the header.
 *
 * @param json - The first part of the token, decoded.
 * @throws {SessionError} `malformed_token`, or `invalid_token`: the key id is no text
 */
export function readHeader(json: string): TokenHeader {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch {
    // The parser's own message quotes its input, so it is not kept as the cause.
    throw new SessionError('malformed_token');
  }
  if (typeof header !== 'object' || header === null || !('alg' in header)) throw new SessionError('malformed_token');
  const kid = 'kid' in header ? header.kid : undefined;
  if (kid !== undefined && typeof kid !== 'string') throw new SessionError('invalid_token');
  return {
    alg: header.alg,
    typ: 'typ' in header ? header.typ : undefined,
    kid,
    isExtended: extensions.some((name) => name in header),
  };
}

/**
 * Requires the key of a header. RFC 8725 §3.1: the algorithm comes from the key, never from the header. RFC 7515 §4.1.11: we
 * know no `crit`, and no other extension.
 *
 * @throws {SessionError} `invalid_token`
 */
export function requireKeyFor<TKey extends { readonly alg: string }>(header: TokenHeader, key: TKey | undefined): TKey {
  if (key === undefined || header.alg !== key.alg || header.isExtended || !isOurType(header.typ)) {
    throw new SessionError('invalid_token');
  }
  return key;
}

/** Media types are compared in any case (RFC 7515 §4.1.9). */
function isOurType(type: unknown): boolean {
  if (typeof type !== 'string') return false;
  const lower = type.toLowerCase();
  return lower === tokenType || lower === formerTokenType.toLowerCase();
}

/**
 * Requires the claims of one of our tokens, for this recipient. Its times are checked by `requireValidTime`.
 *
 * @throws {SessionError} `invalid_token`
 */
export function requireClaims(payload: unknown, recipient: Recipient): AccessTokenClaims {
  if (!isAccessTokenClaims(payload) || !isFor(payload, recipient)) throw new SessionError('invalid_token');
  return payload;
}

function isAccessTokenClaims(payload: unknown): payload is AccessTokenClaims {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'lookup_id' in payload &&
    isLookupId(payload.lookup_id) &&
    (!('lookup_generation' in payload) || isGeneration(payload.lookup_generation)) &&
    'sub' in payload &&
    typeof payload.sub === 'string' &&
    payload.sub !== '' &&
    'iat' in payload &&
    Number.isFinite(payload.iat) &&
    'exp' in payload &&
    Number.isFinite(payload.exp)
  );
}

/** The first token of a session has none. */
function isGeneration(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
}

function isFor({ iss, aud }: AccessTokenClaims, { issuer, audience }: Recipient): boolean {
  if (issuer !== undefined && iss !== issuer) return false;
  if (audience === undefined) return true;
  const ours = new Set<unknown>([audience].flat());
  return [aud].flat().some((each) => ours.has(each));
}
