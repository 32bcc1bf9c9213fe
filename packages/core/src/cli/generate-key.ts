import { createSecretKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { base32 } from '../token/base32.ts';
import type { Algorithm, Jwk } from '../token/keys.ts';

const generate = promisify(generateKeyPair);

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** The algorithms that keys can be made for. */
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

/** Answers whether keys can be made for an algorithm. */
export function isAlgorithm(name: string): name is Algorithm {
  return algorithms.some((algorithm) => algorithm === name);
}

/** A key id that says nothing of its key: it is in every token. */
export function createKeyId(): string {
  return base32(randomBytes(10));
}

/** Makes a text of as many random bytes as the hash is long (RFC 7518 §3.2). */
export function createSecret(alg: Algorithm): string {
  return randomBytes(secretSize(alg)).toString('base64url');
}

/** Makes a secret, or a key pair, as a JSON Web Key: the private one, which holds the public one too. */
export async function createJwk(kid: string, alg: Algorithm): Promise<Jwk> {
  const key = alg.startsWith('HS') ? createSecretKey(randomBytes(secretSize(alg))) : (await createPair(alg)).privateKey;
  return { kid, alg, use: 'sig', ...key.export({ format: 'jwk' }) };
}

/** Makes a key pair in PEM form: PKCS #8 and SPKI. */
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
