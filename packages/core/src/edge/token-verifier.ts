import { parseDuration, type Duration } from '../duration.ts';
import { SessionError } from '../errors.ts';
import { requireKnownOptions } from '../known-options.ts';
import type { Ring } from '../token/key-rules.ts';
import {
  hasShape,
  readHeader,
  readRecipient,
  requireClaims,
  requireKeyFor,
  type AccessTokenClaims,
} from '../token/token-rules.ts';
import { requireValidTime, validTimeOf } from '../token/valid-time.ts';
import { bytesOfBase64url, textOfBase64url } from './base64url-bytes.ts';
import { importKeys, type EdgeKey, type VerifyingKey } from './edge-keys.ts';

/** The keys of the manager: a secret, a public key, or a list. */
export type EdgeKeys = EdgeKey | readonly EdgeKey[];

/** Options of {@link createTokenVerifier}: the same as the manager's. */
export interface TokenVerifierOptions {
  /** The keys, or a function that returns them, which is called for the first token. */
  readonly keys: EdgeKeys | (() => EdgeKeys | undefined);
  /** @defaultValue not checked */
  readonly issuer?: string | undefined;
  /** @defaultValue not checked */
  readonly audience?: string | readonly string[] | undefined;
  /** How far clocks may differ. @defaultValue `'0s'` */
  readonly clockTolerance?: Duration | undefined;
  /** The time in milliseconds since 1970. @defaultValue `Date.now` */
  readonly clock?: (() => number) | undefined;
}

/** The claims of a token, without those that are for the manager. */
export type EdgeClaims = Omit<AccessTokenClaims, 'lookup_id' | 'lookup_generation'>;

/** The user of a token. */
export interface VerifiedToken {
  readonly userId: string;
  readonly claims: EdgeClaims;
}

/** Verifies access tokens without the database. */
export interface TokenVerifier {
  /**
   * Verifies shape, signature, claims and times. It does not know whether the session was revoked.
   *
   * @throws {SessionError} `malformed_token`, `invalid_token` or `expired_token`
   * @throws {TypeError | RangeError} a key is wrong
   */
  verify(token: string): Promise<VerifiedToken>;
}

/** An entry for each option. */
export const verifierOptions = { keys: true, issuer: true, audience: true, clockTolerance: true, clock: true } as const;

/**
 * Creates a verifier of access tokens for an edge runtime. It needs WebCrypto alone: no database and no module of Node.js.
 *
 * **It cannot know of revocations.** A token of a revoked session is accepted until it expires. So use it to choose a page,
 * and let your procedures verify each call.
 *
 * @throws {TypeError | RangeError} an option is wrong: the message names it
 * @example
 * ```ts
 * import { createTokenVerifier } from '@trpc-sessions/core/edge';
 *
 * const verifier = createTokenVerifier({ keys: () => process.env.SESSION_SECRET });
 * const { userId, claims } = await verifier.verify(token);
 * ```
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  requireKnownOptions('createTokenVerifier', options, verifierOptions);
  const recipient = readRecipient(options);
  const clockTolerance = parseDuration('clockTolerance', options.clockTolerance ?? '0s', 0);
  const { keys, clock = Date.now } = options;
  let ring: Promise<Ring<VerifyingKey>> | undefined;

  /** Workers forbid cryptography while a module loads, and a build has no secret: so keys are imported on first use. */
  function importOnce(): Promise<Ring<VerifyingKey>> {
    ring ??= importKeys(typeof keys === 'function' ? keys() : keys).catch((error: unknown) => {
      ring = undefined;
      throw error;
    });
    return ring;
  }

  return {
    async verify(token) {
      if (!hasShape(token)) throw new SessionError('malformed_token');
      const [header = '', payload = '', signature = ''] = token.split('.');
      const { find } = await importOnce();
      const parsed = readHeader(textOfBase64url(header));
      const candidates = find(parsed.kid);
      requireKeyFor(parsed, candidates[0]);

      const signed = new TextEncoder().encode(`${header}.${payload}`);
      const isSigned = async ({ parameters, key }: VerifyingKey) =>
        crypto.subtle.verify(parameters, key, bytesOfBase64url(signature), signed);
      if (!(await Promise.all(candidates.map(isSigned))).includes(true)) throw new SessionError('invalid_token');

      const {
        lookup_id: _,
        lookup_generation: _generation,
        ...claims
      } = requireClaims(parsePayload(textOfBase64url(payload)), recipient);
      requireValidTime(validTimeOf(claims, clockTolerance), clock());
      return { userId: claims.sub, claims };
    },
  };
}

function parsePayload(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The parser's own message quotes its input, so it is not kept as the cause.
    throw new SessionError('invalid_token');
  }
}
