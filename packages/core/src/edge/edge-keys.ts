import { keyFormOf } from '../token/key-form.ts';
import {
  createRing,
  named,
  requireRsa,
  requireStrongSecret,
  type Algorithm,
  type Jwk,
  type PairAlgorithm,
  type Ring,
  type SecretAlgorithm,
} from '../token/key-rules.ts';
import { bytesOfBase64url } from './base64url-bytes.ts';

/** A key as an edge runtime reads it: a secret, a public key in PEM form (SPKI), or a JWK. */
export type EdgeKey =
  | string
  | Uint8Array
  | { readonly kid: string; readonly alg: SecretAlgorithm; readonly secret: string | Uint8Array }
  | { readonly kid: string; readonly alg: PairAlgorithm; readonly publicKey: string }
  | Jwk;

/** A key that verifies, and the parameters of its algorithm. */
export interface VerifyingKey {
  readonly kid: string | undefined;
  readonly alg: Algorithm;
  readonly parameters: VerifyParameters[0];
  readonly key: VerifyParameters[1];
}

type VerifyParameters = Parameters<typeof crypto.subtle.verify>;

const hashes: Readonly<Record<string, { readonly hash: string; readonly curve: string; readonly bytes: number }>> = {
  256: { hash: 'SHA-256', curve: 'P-256', bytes: 32 },
  384: { hash: 'SHA-384', curve: 'P-384', bytes: 48 },
  512: { hash: 'SHA-512', curve: 'P-521', bytes: 64 },
};

/** The names of WebCrypto (W3C Web Cryptography §18.2) for the algorithms of tokens (RFC 7518 §3.1). */
function webAlgorithm(alg: Algorithm) {
  const { hash = '', curve = '', bytes = 0 } = hashes[alg.slice(2)] ?? {};
  if (alg.startsWith('HS')) return { imported: { name: 'HMAC', hash }, parameters: { name: 'HMAC' } };
  if (alg.startsWith('RS')) {
    const name = 'RSASSA-PKCS1-v1_5';
    return { imported: { name, hash }, parameters: { name } };
  }
  if (alg.startsWith('PS')) {
    return { imported: { name: 'RSA-PSS', hash }, parameters: { name: 'RSA-PSS', saltLength: bytes } };
  }
  return { imported: { name: 'ECDSA', namedCurve: curve }, parameters: { name: 'ECDSA', hash } };
}

/**
 * Imports the keys of a manager, to verify with them.
 *
 * @throws {TypeError | RangeError} a key is wrong: the message names it
 */
export async function importKeys(keys: EdgeKey | readonly EdgeKey[] | undefined): Promise<Ring<VerifyingKey>> {
  const list: readonly EdgeKey[] = keys === undefined ? [] : [keys].flat();
  return createRing(await Promise.all(list.map(importKey)));
}

async function importKey(input: EdgeKey): Promise<VerifyingKey> {
  const form = keyFormOf(input);
  if (form.type === 'secret') return importSecret(form.kid, form.alg, form.secret);
  if (form.type === 'jwk-secret') return importSecret(form.kid, form.alg, bytesOfBase64url(form.k));
  return importPublicKey(form.kid, form.alg, form.key);
}

async function importSecret(kid: string | undefined, alg: SecretAlgorithm, secret: unknown): Promise<VerifyingKey> {
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) {
    throw new TypeError(`keys: at the edge, a secret is a text or bytes${named(kid)}`);
  }
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : new Uint8Array(secret);
  requireStrongSecret(kid, alg, bytes);
  const { imported, parameters } = webAlgorithm(alg);
  return { kid, alg, parameters, key: await crypto.subtle.importKey('raw', bytes, imported, false, ['verify']) };
}

async function importPublicKey(
  kid: string,
  alg: PairAlgorithm,
  input: Partial<Jwk> | { readonly publicKey: string },
): Promise<VerifyingKey> {
  const { imported, parameters } = webAlgorithm(alg);
  let key: VerifyingKey['key'];
  try {
    if (!('publicKey' in input)) {
      const { kty, crv, x, y, n, e } = input;
      const jwk = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, part]) => part !== undefined));
      key = await crypto.subtle.importKey('jwk', jwk, imported, true, ['verify']);
    } else {
      key = await crypto.subtle.importKey('spki', bytesOfPem(input.publicKey), imported, true, ['verify']);
    }
  } catch (cause) {
    throw new TypeError(
      `keys: at the edge, the ${alg} key ${JSON.stringify(kid)} needs a publicKey in PEM form (SPKI), or a JWK, for this algorithm`,
      { cause },
    );
  }
  if ('modulusLength' in key.algorithm) {
    const { modulusLength, publicExponent }: { modulusLength: unknown; publicExponent?: unknown } = key.algorithm;
    requireRsa(kid, Number(modulusLength), exponentOf(publicExponent));
  }
  return { kid, alg, parameters, key };
}

/** A big-endian integer (W3C Web Cryptography §20.3). */
function exponentOf(bytes: unknown): bigint {
  return bytes instanceof Uint8Array ? bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) : 0n;
}

function bytesOfPem(pem: string): Uint8Array<ArrayBuffer> {
  const [, body] = /-----BEGIN PUBLIC KEY-----([\s\S]+)-----END PUBLIC KEY-----/.exec(pem) ?? [];
  if (body === undefined) throw new TypeError('no public key in PEM form');
  return bytesOfBase64url(body.replaceAll(/\s|=/g, '').replaceAll('+', '-').replaceAll('/', '_'));
}
