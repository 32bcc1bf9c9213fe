import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { keyFormOf, maySign } from './key-form.ts';
import {
  createRing,
  named,
  requireRsa,
  requireStrongSecret,
  type Algorithm,
  type Jwk,
  type PairAlgorithm,
  type SecretAlgorithm,
} from './key-rules.ts';

export type { Algorithm, Jwk } from './key-rules.ts';

/** A shared secret in a key list. */
export interface SecretKey {
  /** The key id that tokens carry (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly alg: SecretAlgorithm;
  /** At least as many bytes as the hash is long: 32, 48 or 64 (RFC 7518 §3.2). */
  readonly secret: string | Uint8Array | KeyObject;
}

/** A key pair in a key list, PEM or `KeyObject`. The public key alone can verify, not sign. */
export interface KeyPair {
  /** The key id that tokens carry (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly alg: PairAlgorithm;
  readonly privateKey?: string | KeyObject | undefined;
  /** @defaultValue the private key's own */
  readonly publicKey?: string | KeyObject | undefined;
}

/** A bare HS256 secret, or a key with its id and algorithm. */
export type KeyInput = string | Uint8Array | SecretKey | KeyPair | Jwk;

/**
 * The keys that sign and verify: one, such as an HS256 secret of at least 32 bytes, or a list in which the first signs and
 * all verify. Bare secrets sign without a key id, and each is tried on the tokens that have none.
 */
export type Keys = KeyInput | readonly KeyInput[];

/** A key, ready for use: bound to one algorithm, parsed once. */
export interface Key {
  readonly kid: string | undefined;
  readonly alg: Algorithm;
  /** Absent in a key that only verifies. */
  readonly signing: KeyObject | undefined;
  readonly verifying: KeyObject;
}

/** The keys of a manager. */
export interface KeyRing {
  readonly signer: Key & { readonly signing: KeyObject };
  readonly all: readonly Key[];
  /** The keys of a token's `kid` header, which may be absent: then those without one, all of one algorithm. */
  find(kid: string | undefined): readonly Key[];
}

const curves = new Map<Algorithm, string>([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
]);

/**
 * Reads the `keys` option.
 *
 * @throws {TypeError} a key is of the wrong form, has no `kid` or an unknown `alg`, or the first one cannot sign
 * @throws {RangeError} a secret or an RSA key is too short, or two keys share a `kid`
 */
export function createKeyRing(keys: Keys): KeyRing {
  // Of an asynchronous function: a rejection would end the process.
  if (keys instanceof Promise) void keys.catch(() => {});
  if (keys instanceof Promise) throw new TypeError('keys: expected keys, and not a promise of them: await it first');
  const list = [keys ?? []].flat().map(parseKey);
  const { first, find } = createRing(list);
  if (first.signing === undefined) {
    throw new TypeError(
      'keys: the first key signs, so it needs a secret or a private key, and a JWK with key_ops needs "sign" among them',
    );
  }
  return { signer: { ...first, signing: first.signing }, all: list, find };
}

function parseKey(input: KeyInput): Key {
  const form = keyFormOf(input);
  if (form.type === 'secret') return secretKey(form.kid, form.alg, form.secret);
  if (form.type === 'jwk-secret')
    return secretKey(form.kid, form.alg, Buffer.from(form.k, 'base64url'), maySign(form.key));
  return pairKey(form.kid, form.alg, form.key);
}

function secretKey(kid: string | undefined, alg: SecretKey['alg'], secret: unknown, signs = true): Key {
  const key = toSecret(secret);
  if (key?.symmetricKeySize === undefined) {
    throw new TypeError(`keys: a secret is a string, bytes or a secret KeyObject${named(kid)}`);
  }
  requireStrongSecret(kid, alg, key.export());
  return { kid, alg, signing: signs ? key : undefined, verifying: key };
}

function toSecret(secret: unknown): KeyObject | undefined {
  if (typeof secret === 'string') return createSecretKey(secret, 'utf8');
  if (secret instanceof Uint8Array) return createSecretKey(secret);
  return secret instanceof KeyObject && secret.type === 'secret' ? secret : undefined;
}

function pairKey(kid: string, alg: KeyPair['alg'], input: SecretKey | KeyPair | Jwk): Key {
  let signing: KeyObject | undefined;
  let verifying: KeyObject;
  try {
    if ('kty' in input) {
      signing = input.d === undefined ? undefined : createPrivateKey({ key: { ...input }, format: 'jwk' });
      verifying = createPublicKey({ key: { ...input }, format: 'jwk' });
    } else {
      const { privateKey, publicKey } = pairOf(input);
      signing = privateKey === undefined ? undefined : toPrivate(privateKey);
      verifying = toPublic(publicKey ?? signing);
    }
  } catch (cause) {
    throw new TypeError(
      `keys: the key ${JSON.stringify(kid)} needs a privateKey or a publicKey in PEM form, or a JWK`,
      { cause },
    );
  }
  requireFit(kid, alg, verifying);
  if (signing !== undefined) requirePair(kid, alg, signing, verifying);
  return { kid, alg, signing: maySign(input) ? signing : undefined, verifying };
}

/** Tried, not compared: a private key may name the public key of another, and an algorithm may not be for this one. */
function requirePair(kid: string, alg: KeyPair['alg'], signing: KeyObject, verifying: KeyObject): void {
  try {
    jwt.verify(jwt.sign({}, signing, { algorithm: alg }), verifying, { algorithms: [alg] });
  } catch (cause) {
    throw new TypeError(`keys: the privateKey and the publicKey of ${JSON.stringify(kid)} are not a pair for ${alg}`, {
      cause,
    });
  }
}

function pairOf(input: object): Pick<KeyPair, 'privateKey' | 'publicKey'> {
  return input;
}

function toPrivate(key: string | KeyObject): KeyObject {
  return typeof key === 'string' ? createPrivateKey(key) : key;
}

function toPublic(key: string | KeyObject | undefined): KeyObject {
  if (key === undefined) throw new TypeError('neither a privateKey nor a publicKey');
  return key instanceof KeyObject && key.type === 'public' ? key : createPublicKey(key);
}

/** RFC 8725 §3.2: an algorithm is only as good as the key under it. */
function requireFit(kid: string, alg: KeyPair['alg'], key: KeyObject): void {
  const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  const curve = curves.get(alg);
  if (curve !== undefined) {
    if (key.asymmetricKeyType !== 'ec' || namedCurve !== curve) {
      throw new TypeError(`keys: ${alg} needs an EC key on the curve ${curve}${named(kid)}`);
    }
    return;
  }
  const types = alg.startsWith('PS') ? ['rsa', 'rsa-pss'] : ['rsa'];
  if (!types.includes(key.asymmetricKeyType ?? '')) throw new TypeError(`keys: ${alg} needs an RSA key${named(kid)}`);
  requireRsa(kid, modulusLength ?? 0, publicExponent ?? 0n);
}
