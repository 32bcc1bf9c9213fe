import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createKeyRing, type Keys } from './keys.ts';

const secret = randomBytes(64).toString('base64url');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const pem = (key: typeof rsa.privateKey): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('a key ring takes', () => {
  test.each<[string, Keys, string]>([
    ['a secret', secret, 'HS256'],
    ['a secret of just 32 bytes, not characters', 'éèêëàâäôöùûüïîçñ', 'HS256'],
    ['a secret in a list', [secret], 'HS256'],
    ['two secrets', [secret, `${secret}2`], 'HS256'],
    ['bytes alone', randomBytes(32), 'HS256'],
    ['a key that is not in a list', { kid: 'a', alg: 'HS512', secret }, 'HS512'],
    ['a secret with a key id', [{ kid: 'a', alg: 'HS512', secret }], 'HS512'],
    ['bytes', [{ kid: 'a', alg: 'HS384', secret: randomBytes(48) }], 'HS384'],
    ['a PEM private key', [{ kid: 'a', alg: 'RS256', privateKey: pem(rsa.privateKey) }], 'RS256'],
    ['a KeyObject', [{ kid: 'a', alg: 'PS512', privateKey: rsa.privateKey }], 'PS512'],
    ['a pair', [{ kid: 'a', alg: 'ES256', privateKey: p256.privateKey, publicKey: p256.publicKey }], 'ES256'],
    ['the curves that go with their algorithms', [{ kid: 'a', alg: 'ES384', privateKey: p384.privateKey }], 'ES384'],
    ['P-521 for ES512', [{ kid: 'a', alg: 'ES512', privateKey: p521.privateKey }], 'ES512'],
    ['a JWK', [{ kid: 'a', alg: 'ES256', ...p256.privateKey.export({ format: 'jwk' }) }], 'ES256'],
    ['a secret JWK', [{ kid: 'a', alg: 'HS256', kty: 'oct', k: secret }], 'HS256'],
  ])('%s', (_, keys, alg) => {
    expect(createKeyRing(keys).signer.alg).toBe(alg);
  });

  test('several keys, of which the first signs and each verifies under its own id', () => {
    const ring = createKeyRing([
      { kid: 'new', alg: 'ES256', privateKey: p256.privateKey },
      { kid: 'old', alg: 'RS256', publicKey: rsa.publicKey },
      secret,
    ]);
    expect(ring.signer.kid).toBe('new');
    expect(ring.find('old')).toMatchObject([{ alg: 'RS256', signing: undefined }]);
    expect(ring.find(undefined)).toMatchObject([{ alg: 'HS256' }]);
    expect(ring.find('unknown')).toEqual([]);
    expect(ring.find('__proto__')).toEqual([]);
  });
});

describe('misuse throws when the ring is made', () => {
  test.each<[string, unknown, ErrorConstructor, RegExp]>([
    ['no key', undefined, TypeError, /pass a secret/],
    ['an empty list', [], TypeError, /pass a secret/],
    ['a short secret', 'x'.repeat(31), RangeError, /at least 32 bytes.*this one has 31/],
    ['an empty secret', '', RangeError, /at least 32 bytes/],
    [
      'a secret too short for HS512',
      [{ kid: 'a', alg: 'HS512', secret: 'x'.repeat(63) }],
      RangeError,
      /64 bytes.*kid "a"/,
    ],
    ['one character, repeated', 'x'.repeat(40), RangeError, /must be random/],
    ['one word, repeated', 'changeme-'.repeat(5), RangeError, /must be random/],
    ['one word, repeated and cut', 'password'.repeat(5).slice(3, 38), RangeError, /must be random/],
    ['a long word, repeated', 'correct-horse-battery'.repeat(2), RangeError, /must be random/],
    ['a word, repeated and changed', `${'supersecret'.repeat(3)}!1`, RangeError, /must be random/],
    ['a word, repeated and counted', 'password1password2password3password4', RangeError, /must be random/],
    ['hexadecimal digits in their order', '0123456789abcdef0123456789abcdef', RangeError, /must be random/],
    ['an alphabet', 'abcdefghijklmnopqrstuvwxyz012345', RangeError, /must be random/],
    ['counted bytes', Uint8Array.from({ length: 32 }, (_, index) => 200 - index), RangeError, /must be random/],
    [
      'a public key as a secret',
      rsa.publicKey.export({ type: 'spki', format: 'pem' }),
      RangeError,
      /key in PEM form is no secret/,
    ],
    ['few characters', 'ab1'.repeat(6).padEnd(40, 'ba'), RangeError, /must be random/],
    ['bytes of zero', new Uint8Array(32), RangeError, /must be random/],
    [
      'a repeated word as a JWK',
      { kid: 'a', alg: 'HS256', kty: 'oct', k: 'YWFh'.repeat(12) },
      RangeError,
      /must be random/,
    ],
    [
      'a JWK for encryption',
      { kid: 'a', alg: 'HS256', kty: 'oct', use: 'enc', k: secret },
      TypeError,
      /not for signatures/,
    ],
    [
      'a JWK for wrapping keys',
      { kid: 'a', alg: 'ES256', ...p256.privateKey.export({ format: 'jwk' }), key_ops: ['deriveKey'] },
      TypeError,
      /not for signatures/,
    ],
    [
      'a JWK that may only verify, as the first',
      { kid: 'a', alg: 'ES256', ...p256.privateKey.export({ format: 'jwk' }), key_ops: ['verify'] },
      TypeError,
      /key_ops needs "sign"/,
    ],
    [
      'a JWK with an operation twice',
      { kid: 'a', alg: 'HS256', kty: 'oct', k: secret, key_ops: ['sign', 'sign'] },
      TypeError,
      /not for signatures/,
    ],
    ['a JWK with padding', { kid: 'a', alg: 'HS256', kty: 'oct', k: `${secret}==` }, TypeError, /is base64url/],
    ['a JWK that decoders would cut', { kid: 'a', alg: 'HS256', k: `${secret}=cut` }, TypeError, /is base64url/],
    [
      'an RSA key whose signatures are their own messages',
      [secret, { kid: 'a', alg: 'RS256', ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQ' }],
      RangeError,
      /public exponent/,
    ],
    ['a promise of keys', Promise.resolve(secret), TypeError, /await it first/],
    ['a secret JWK of another key type', { kid: 'a', alg: 'HS256', kty: 'RSA', k: secret }, TypeError, /key type oct/],
    [
      'an EC JWK for RS256',
      { kid: 'a', alg: 'RS256', ...p256.privateKey.export({ format: 'jwk' }) },
      TypeError,
      /key type RSA/,
    ],
    ['a key without an id', [{ alg: 'HS256', secret }], TypeError, /needs a kid/],
    ['an unknown algorithm', [{ kid: 'a', alg: 'none', secret }], TypeError, /needs an alg/],
    ['no algorithm', [{ kid: 'a', secret }], TypeError, /needs an alg/],
    [
      'two keys of one id',
      [
        { kid: 'a', alg: 'HS256', secret },
        { kid: 'a', alg: 'HS512', secret },
      ],
      RangeError,
      /share the kid "a"/,
    ],
    ['a hole in the list', [secret, undefined], TypeError, /needs a kid/],
    [
      'a first key that cannot sign',
      [{ kid: 'a', alg: 'RS256', publicKey: rsa.publicKey }],
      TypeError,
      /first key signs/,
    ],
    [
      'a secret where a pair is needed',
      [{ kid: 'a', alg: 'RS256', secret }],
      TypeError,
      /needs a privateKey or a publicKey/,
    ],
    ['not a PEM', [{ kid: 'a', alg: 'RS256', privateKey: 'nonsense' }], TypeError, /PEM form/],
    ['an EC key for RS256', [{ kid: 'a', alg: 'RS256', privateKey: p256.privateKey }], TypeError, /needs an RSA key/],
    ['an RSA key for ES256', [{ kid: 'a', alg: 'ES256', privateKey: rsa.privateKey }], TypeError, /needs an EC key/],
    ['the wrong curve', [{ kid: 'a', alg: 'ES256', privateKey: p384.privateKey }], TypeError, /curve prime256v1/],
    [
      'a short RSA key',
      [{ kid: 'a', alg: 'RS256', privateKey: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }],
      RangeError,
      /at least 2048 bits/,
    ],
    [
      'halves of two pairs',
      [
        {
          kid: 'a',
          alg: 'RS256',
          privateKey: rsa.privateKey,
          publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
        },
      ],
      TypeError,
      /not a pair/,
    ],
  ])('%s', (_, keys, kind, message) => {
    const make = (): unknown => createKeyRing(keys as Keys);
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  test('no message shows the key', () => {
    const short = 'too-short';
    expect(() => createKeyRing(short)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(short) }),
    );
    const broken = pem(createPrivateKey(pem(rsa.privateKey))).replace(/A/g, 'B');
    expect(() => createKeyRing([{ kid: 'a', alg: 'RS256', privateKey: broken }])).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(broken.slice(40, 60)) }),
    );
  });
});
