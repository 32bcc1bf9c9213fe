import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The algorithms a key may be bound to (RFC 7518 §3.1). */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512';

/** A shared secret in a key list. */
export interface SecretKey {
  /** The key id that tokens carry (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly alg: 'HS256' | 'HS384' | 'HS512';
  /** At least as many bytes as the hash is long: 32, 48 or 64 (RFC 7518 §3.2). */
  readonly secret: string | Uint8Array | KeyObject;
}

/** A key pair in a key list, PEM or `KeyObject`. The public key alone can verify, not sign. */
export interface KeyPair {
  /** The key id that tokens carry (RFC 7515 §4.1.4). */
  readonly kid: string;
  readonly alg: Exclude<Algorithm, SecretKey['alg']>;
  readonly privateKey?: string | KeyObject | undefined;
  /** @defaultValue the private key's own */
  readonly publicKey?: string | KeyObject | undefined;
}

/** A JSON Web Key in a key list (RFC 7517 §4, RFC 7518 §6). */
export interface Jwk {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly kty?: string;
  /** `'sig'` if present: a key for encryption is refused. */
  readonly use?: string;
  readonly key_ops?: readonly string[];
  /** Of a secret. */
  readonly k?: string;
  /** Of an elliptic curve's key. */
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  /** Of an RSA key; `d` is the private part of both. */
  readonly n?: string;
  readonly e?: string;
  readonly d?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
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

const minimumSecretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;
const curves = new Map<Algorithm, string>([
  ['ES256', 'prime256v1'],
  ['ES384', 'secp384r1'],
  ['ES512', 'secp521r1'],
]);
const minimumRsaBits = 2048;

/**
 * Reads the `keys` option.
 *
 * @throws {TypeError} a key is of the wrong form, has no `kid` or an unknown `alg`, or the first one cannot sign
 * @throws {RangeError} a secret or an RSA key is too short, or two keys share a `kid`
 */
export function createKeyRing(keys: Keys): KeyRing {
  const list = [keys ?? []].flat().map(parseKey);
  const [first] = list;
  if (first === undefined) {
    throw new TypeError(
      'keys: there is none (is the environment variable set?): pass a secret of at least 32 bytes, or a list of keys of which the first one signs',
    );
  }
  const ring = new Map<string | undefined, readonly Key[]>();
  for (const key of list) {
    const same = ring.get(key.kid) ?? [];
    if (same.length > 0 && key.kid !== undefined) {
      throw new RangeError(`keys: two keys share the kid ${JSON.stringify(key.kid)}`);
    }
    ring.set(key.kid, [...same, key]);
  }
  if (first.signing === undefined) {
    throw new TypeError('keys: the first key signs, so it needs a secret or a private key');
  }
  return { signer: { ...first, signing: first.signing }, all: list, find: (kid) => ring.get(kid) ?? [] };
}

function parseKey(input: KeyInput): Key {
  if (typeof input === 'string' || input instanceof Uint8Array) return secretKey(undefined, 'HS256', input);
  if (typeof input !== 'object' || input === null || typeof input.kid !== 'string' || input.kid === '') {
    throw new TypeError('keys: every key of a list needs a kid, as in { kid: "2026-11", alg: "HS256", secret }');
  }
  const { kid, alg } = input;
  requireJwkFor(kid, alg, input);
  if (isSecretAlgorithm(alg)) {
    if ('secret' in input) return secretKey(kid, alg, input.secret);
    if ('k' in input && typeof input.k === 'string') return secretKey(kid, alg, Buffer.from(input.k, 'base64url'));
    throw new TypeError(`keys: the ${alg} key ${JSON.stringify(kid)} needs a secret`);
  }
  if (!isPairAlgorithm(alg)) {
    throw new TypeError(
      `keys: the key ${JSON.stringify(kid)} needs an alg: HS256, RS256, PS256, ES256 or a longer one`,
    );
  }
  return pairKey(kid, alg, input);
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
      (Array.isArray(operations) && (operations.includes('sign') || operations.includes('verify'))));
  if (!isForSignatures) throw new TypeError(`keys: the JWK is not for signatures (use, key_ops)${named(kid)}`);
}

function secretKey(kid: string | undefined, alg: SecretKey['alg'], secret: unknown): Key {
  const key = toSecret(secret);
  const minimum = minimumSecretBytes[alg];
  const size = key?.symmetricKeySize;
  if (key === undefined || size === undefined) {
    throw new TypeError(`keys: a secret is a string, bytes or a secret KeyObject${named(kid)}`);
  }
  if (size < minimum) {
    throw new RangeError(
      `keys: an ${alg} secret must be at least ${minimum} bytes long (RFC 7518 section 3.2), this one has ${size}${named(kid)}. ` +
        `Make one with: node -p "require('crypto').randomBytes(${minimum}).toString('base64url')"`,
    );
  }
  if (isGuessable(key.export())) {
    throw new RangeError(
      `keys: a secret must be random, this one repeats itself (RFC 8725 section 3.5)${named(kid)}. ` +
        `Make one with: node -p "require('crypto').randomBytes(${minimum}).toString('base64url')"`,
    );
  }
  return { kid, alg, signing: key, verifying: key };
}

const minPeriod = 16;
const minDistinctBytes = 6;

/** Whether a secret is one character or word, repeated: as long as that word, and no longer, is a guess. */
function isGuessable(secret: Buffer): boolean {
  if (new Set(secret).size < minDistinctBytes) return true;
  for (let period = 1; period < minPeriod; period += 1) {
    if (secret.subarray(period).equals(secret.subarray(0, secret.length - period))) return true;
  }
  return false;
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
  return { kid, alg, signing, verifying };
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
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const curve = curves.get(alg);
  if (curve !== undefined) {
    if (key.asymmetricKeyType !== 'ec' || namedCurve !== curve) {
      throw new TypeError(`keys: ${alg} needs an EC key on the curve ${curve}${named(kid)}`);
    }
    return;
  }
  const types = alg.startsWith('PS') ? ['rsa', 'rsa-pss'] : ['rsa'];
  if (!types.includes(key.asymmetricKeyType ?? '')) throw new TypeError(`keys: ${alg} needs an RSA key${named(kid)}`);
  if ((modulusLength ?? 0) < minimumRsaBits) {
    throw new RangeError(
      `keys: an RSA key must have at least ${minimumRsaBits} bits (RFC 7518 section 3.3)${named(kid)}`,
    );
  }
}

function isSecretAlgorithm(alg: unknown): alg is SecretKey['alg'] {
  return typeof alg === 'string' && Object.hasOwn(minimumSecretBytes, alg);
}

function isPairAlgorithm(alg: unknown): alg is KeyPair['alg'] {
  return typeof alg === 'string' && /^(?:RS|PS|ES)(?:256|384|512)$/.test(alg);
}

function named(kid: string | undefined): string {
  return kid === undefined ? '' : ` (kid ${JSON.stringify(kid)})`;
}
