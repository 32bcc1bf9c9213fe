import { SessionUsageError } from '../errors.ts';
import type { Algorithm, Key } from './keys.ts';

/** A public key as a JSON Web Key (RFC 7517 §4). */
export interface PublicJwk {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly use: 'sig';
  readonly kty: string;
  /** Of an elliptic curve's key. */
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  /** Of an RSA key. */
  readonly n?: string;
  readonly e?: string;
}

/** A JWK Set (RFC 7517 §5). */
export interface PublicKeys {
  readonly keys: readonly PublicJwk[];
}

/** The parts of a JWK that are public. Others, such as `d` and `k`, are left out whatever the key is. */
const publicParts = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

/**
 * Lists the public keys of the key pairs. A secret has none.
 *
 * @throws {SessionUsageError} Node writes no JWK of a key: of the type `rsa-pss`
 */
export function publicKeysOf(keys: readonly Key[]): PublicKeys {
  return { keys: keys.flatMap((key) => publicJwkOf(key) ?? []) };
}

function publicJwkOf({ kid, alg, verifying }: Key): PublicJwk | undefined {
  if (verifying.type !== 'public' || kid === undefined) return undefined;
  if (verifying.asymmetricKeyType === 'rsa-pss') {
    throw new SessionUsageError(
      `keys: a key of the type rsa-pss has no JWK, use one of the type rsa with ${alg} (kid ${JSON.stringify(kid)})`,
    );
  }
  const jwk: Readonly<Record<string, unknown>> = { ...verifying.export({ format: 'jwk' }) };
  const parts = publicParts.flatMap((name) => (typeof jwk[name] === 'string' ? [[name, jwk[name]]] : []));
  return { kty: '', ...Object.fromEntries(parts), kid, alg, use: 'sig' };
}
