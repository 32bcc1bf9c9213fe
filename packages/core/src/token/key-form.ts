import { isCanonicalBase64url } from './base64url.ts';
import {
  isPairAlgorithm,
  isSecretAlgorithm,
  named,
  type Algorithm,
  type PairAlgorithm,
  type SecretAlgorithm,
} from './key-rules.ts';

/** A key by its form: a secret as it was given, the secret of a JWK in base64url, or a key of a pair. */
export type KeyForm<TKey> =
  | {
      readonly type: 'secret';
      readonly kid: string | undefined;
      readonly alg: SecretAlgorithm;
      readonly secret: unknown;
    }
  | {
      readonly type: 'jwk-secret';
      readonly kid: string;
      readonly alg: SecretAlgorithm;
      readonly k: string;
      readonly key: TKey;
    }
  | { readonly type: 'pair'; readonly kid: string; readonly alg: PairAlgorithm; readonly key: TKey };

/**
 * Reads the form of a key, a bare HS256 secret or one with its id and algorithm.
 *
 * @throws {TypeError} it has no `kid`, an `alg` that is none of ours, or no secret; or it is a JWK for another purpose
 */
export function keyFormOf<TKey extends { readonly alg: Algorithm }>(input: string | Uint8Array | TKey): KeyForm<TKey> {
  if (typeof input === 'string' || input instanceof Uint8Array) {
    return { type: 'secret', kid: undefined, alg: 'HS256', secret: input };
  }
  const { kid, alg } = requireKid(input);
  requireJwkFor(kid, alg, input);
  if (isSecretAlgorithm(alg)) {
    if ('secret' in input) return { type: 'secret', kid, alg, secret: input.secret };
    if ('k' in input && typeof input.k === 'string') {
      return { type: 'jwk-secret', kid, alg, k: requireBase64url(kid, input.k), key: input };
    }
    throw new TypeError(`keys: the ${alg} key ${JSON.stringify(kid)} needs a secret`);
  }
  if (!isPairAlgorithm(alg)) throw unknownAlgorithm(kid);
  return { type: 'pair', kid, alg, key: input };
}

/**
 * Requires a key with an id.
 *
 * @throws {TypeError} it has none
 */
function requireKid<TKey extends object>(key: TKey): TKey & { readonly kid: string } {
  const kid: unknown = typeof key === 'object' && key !== null ? Reflect.get(key, 'kid') : undefined;
  if (typeof kid !== 'string' || kid === '') {
    throw new TypeError('keys: every key of a list needs a kid, as in { kid: "2026-11", alg: "HS256", secret }');
  }
  return { ...key, kid };
}

/** The error of a key whose algorithm is none of ours. */
function unknownAlgorithm(kid: string): TypeError {
  return new TypeError(`keys: the key ${JSON.stringify(kid)} needs an alg: HS256, RS256, PS256, ES256 or a longer one`);
}

/** The key type of each family of algorithms (RFC 7518 §3.1). */
const keyTypes: Readonly<Record<string, string>> = { HS: 'oct', RS: 'RSA', PS: 'RSA', ES: 'EC' };

/** RFC 7517 §4.2, §4.3: a JWK states its purpose, and a key for another one signs nothing here. */
function requireJwkFor(kid: string, alg: unknown, key: object): void {
  const { kty, use, key_ops: operations }: { kty?: unknown; use?: unknown; key_ops?: unknown } = { ...key };
  const expected = keyTypes[String(alg).slice(0, 2)];
  if (kty !== undefined && expected !== undefined && kty !== expected) {
    throw new TypeError(`keys: ${String(alg)} needs a JWK of the key type ${expected}${named(kid)}`);
  }
  const isForSignatures =
    (use === undefined || use === 'sig') &&
    (operations === undefined ||
      (Array.isArray(operations) &&
        new Set(operations).size === operations.length &&
        (operations.includes('sign') || operations.includes('verify'))));
  if (!isForSignatures) throw new TypeError(`keys: the JWK is not for signatures (use, key_ops)${named(kid)}`);
}

/** RFC 7517 §4.3: a JWK that is for verifying only signs nothing. */
export function maySign(key: object): boolean {
  const { key_ops: operations }: { key_ops?: unknown } = { ...key };
  return !Array.isArray(operations) || operations.includes('sign');
}

/**
 * Requires the secret of a JWK as RFC 7518 §6.4.1 writes it: a decoder would skip other characters, and so shorten the secret.
 *
 * @throws {TypeError} it is not base64url
 */
function requireBase64url(kid: string, k: string): string {
  if (/^[\w-]+$/.test(k) && isCanonicalBase64url(k)) return k;
  throw new TypeError(`keys: the k of a JWK is base64url without padding (RFC 7518 section 6.4.1)${named(kid)}`);
}
