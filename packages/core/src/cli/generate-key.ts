import { createSecretKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { base32 } from '../token/base32.ts';
import type { Algorithm, Jwk } from '../token/keys.ts';

const generate = promisify(generateKeyPair);

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** The algorithms that keys can be generated for. */
export const algorithms: readonly Algorithm[] = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
];

/** Whether keys can be generated for an algorithm of this name. */
export function isAlgorithm(name: string): name is Algorithm {
  return algorithms.some((algorithm) => algorithm === name);
}

/** Creates a random key id. It reveals nothing about the key, because every token shows it. */
export function createKeyId(): string {
  return base32(randomBytes(10));
}

/** Creates a secret of as many random bytes as the hash has (RFC 7518 §3.2). */
export function createSecret(alg: Algorithm): string {
  return randomBytes(secretSize(alg)).toString('base64url');
}

/** Creates a secret, or the private key of a pair, as a JSON Web Key. A private JWK includes the public key. */
export async function createJwk(kid: string, alg: Algorithm): Promise<Jwk> {
  const key = alg.startsWith('HS') ? createSecretKey(randomBytes(secretSize(alg))) : (await createPair(alg)).privateKey;
  return { kid, alg, use: 'sig', ...key.export({ format: 'jwk' }) };
}

/** Creates a key pair in PEM form: PKCS #8 and SPKI. */
export async function createPem(alg: Algorithm): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = await createPair(alg);
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

function createPair(alg: Algorithm): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  const namedCurve = curves[alg];
  return namedCurve === undefined ? generate('rsa', { modulusLength: 2048 }) : generate('ec', { namedCurve });
}

function secretSize(alg: Algorithm): number {
  return Number(alg.slice(2)) / 8;
}
