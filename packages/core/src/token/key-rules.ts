// The rules of keys, whatever uses them. They run on every platform.

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

/** The algorithms of a shared secret. */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512';

/** The algorithms of a key pair. */
export type PairAlgorithm = Exclude<Algorithm, SecretAlgorithm>;

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

const minimumSecretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;
const minimumRsaBits = 2048;

/** Keys by their id. */
export interface Ring<TKey> {
  /** The key that signs. */
  readonly first: TKey;
  /** The keys of a token's `kid` header, which may be absent: then those without one. */
  readonly find: (kid: string | undefined) => readonly TKey[];
}

/**
 * Collects keys by their id.
 *
 * @throws {TypeError} there is none
 * @throws {RangeError} two keys share a `kid`
 */
export function createRing<TKey extends { readonly kid: string | undefined }>(keys: readonly TKey[]): Ring<TKey> {
  const [first] = keys;
  if (first === undefined) {
    throw new TypeError(
      'keys: there is none (is the environment variable set?): pass a secret of at least 32 bytes, or a list of keys of which the first one signs',
    );
  }
  const ring = new Map<string | undefined, readonly TKey[]>();
  for (const key of keys) {
    const same = ring.get(key.kid) ?? [];
    if (same.length > 0 && key.kid !== undefined) {
      throw new RangeError(`keys: two keys share the kid ${JSON.stringify(key.kid)}`);
    }
    ring.set(key.kid, [...same, key]);
  }
  return { first, find: (kid) => ring.get(kid) ?? [] };
}

/**
 * Requires a secret that is as long as its hash, and random.
 *
 * @throws {RangeError} it is neither
 */
export function requireStrongSecret(kid: string | undefined, alg: SecretAlgorithm, secret: Uint8Array): void {
  const minimum = minimumSecretBytes[alg];
  if (secret.length < minimum) {
    throw new RangeError(
      `keys: an ${alg} secret must be at least ${minimum} bytes long (RFC 7518 section 3.2), this one has ${secret.length}${named(kid)}. ` +
        `Make one with: node -p "require('crypto').randomBytes(${minimum}).toString('base64url')"`,
    );
  }
  if (isPem(secret)) {
    throw new RangeError(
      `keys: a key in PEM form is no secret, for anybody may know a public one${named(kid)}. ` +
        'Pass it as { kid, alg, privateKey } or { kid, alg, publicKey }',
    );
  }
  if (isGuessable(secret)) {
    throw new RangeError(
      `keys: a secret must be random, this one repeats itself (RFC 8725 section 3.5)${named(kid)}. ` +
        `Make one with: node -p "require('crypto').randomBytes(${minimum}).toString('base64url')"`,
    );
  }
}

function isPem(secret: Uint8Array): boolean {
  return new TextDecoder().decode(secret.subarray(0, 32)).trimStart().startsWith('-----BEGIN ');
}

const minDistinctBytes = 6;
const longestPeriod = 31;
const minCompared = 16;
/** A character appended or changed makes a repeated word no better. */
const maxDifferences = 4;

/** Whether a secret is one character or word, repeated: as long as that word, and no longer, is a guess. So is an alphabet. */
function isGuessable(secret: Uint8Array): boolean {
  if (new Set(secret).size < minDistinctBytes) return true;
  const steps = secret.slice(1).map((byte, index) => byte - (secret[index] ?? 0));
  if (steps.filter((step) => step === 1 || step === 255).length > steps.length / 2) return true;
  for (let period = 1; period <= Math.min(longestPeriod, secret.length - minCompared); period += 1) {
    const differences = secret.reduce(
      (sum, byte, index) => sum + (index < period || byte === secret[index - period] ? 0 : 1),
      0,
    );
    if (differences <= maxDifferences) return true;
  }
  return false;
}

/**
 * RFC 8725 §3.2: an algorithm is only as good as the key under it.
 *
 * @throws {RangeError} the key is too short, or its exponent signs nothing
 */
export function requireRsa(kid: string, bits: number, publicExponent: bigint): void {
  // With an exponent of one, a signature is its own message: anybody can write it.
  if (publicExponent < 3n || publicExponent % 2n === 0n) {
    throw new RangeError(`keys: the public exponent of an RSA key is odd and at least 3${named(kid)}`);
  }
  if (bits >= minimumRsaBits) return;
  throw new RangeError(
    `keys: an RSA key must have at least ${minimumRsaBits} bits (RFC 7518 section 3.3)${named(kid)}`,
  );
}

export function isSecretAlgorithm(alg: unknown): alg is SecretAlgorithm {
  return typeof alg === 'string' && Object.hasOwn(minimumSecretBytes, alg);
}

export function isPairAlgorithm(alg: unknown): alg is PairAlgorithm {
  return typeof alg === 'string' && /^(?:RS|PS|ES)(?:256|384|512)$/.test(alg);
}

export function named(kid: string | undefined): string {
  return kid === undefined ? '' : ` (kid ${JSON.stringify(kid)})`;
}
