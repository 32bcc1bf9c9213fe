import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSessionManager } from '../manager/manager.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import type { Keys } from './keys.ts';
import type { PublicJwk } from './public-keys.ts';

async function createManager(keys: Keys) {
  const db = await createMigratedDatabase();
  return createSessionManager({ db, keys });
}

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOfRsa = rsa.privateKey.export({ format: 'jwk' });

/** Verifies as another service does, which has the key and Node alone. */
function isSignedBy(token: string, jwk: PublicJwk): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const isEc = jwk.kty === 'EC';
  return verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    isEc ? { key, dsaEncoding: 'ieee-p1363' } : key,
    Buffer.from(signature, 'base64url'),
  );
}

describe('the public keys', () => {
  test('verify the tokens in another service, and stay while the tokens of a former key live', async () => {
    const former = await createManager({ kid: 'rsa', alg: 'RS256', privateKey: rsa.privateKey });
    const manager = await createManager([
      { kid: 'ec', alg: 'ES256', privateKey: ec.privateKey },
      { kid: 'rsa', alg: 'RS256', publicKey: rsa.publicKey },
    ]);
    const { keys } = manager.publicKeys();
    expect(keys.map(({ kid, alg, use, kty }) => ({ kid, alg, use, kty }))).toEqual([
      { kid: 'ec', alg: 'ES256', use: 'sig', kty: 'EC' },
      { kid: 'rsa', alg: 'RS256', use: 'sig', kty: 'RSA' },
    ]);
    const [young, old] = keys;
    const tokens = [await manager.issue({ userId: 'ada' }), await former.issue({ userId: 'ada' })] as const;
    expect([isSignedBy(tokens[0].token, young!), isSignedBy(tokens[1].token, old!)]).toEqual([true, true]);
    expect(isSignedBy(tokens[0].token.replace(/..$/, 'AA'), young!)).toBe(false);
  });

  test.each<[string, Keys, readonly string[]]>([
    [
      'a private key',
      { kid: 'a', alg: 'ES256', privateKey: ec.privateKey },
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ],
    ['a private JWK', { ...jwkOfRsa, kid: 'a', alg: 'PS256' }, ['alg', 'e', 'kid', 'kty', 'n', 'use']],
  ])('have no private part of %s', async (_, keys, names) => {
    const [jwk] = (await createManager(keys)).publicKeys().keys;
    expect(Object.keys(jwk ?? {}).toSorted()).toEqual(names);
    expect(JSON.stringify(jwk)).not.toContain(jwkOfRsa.d);
  });

  test.each<[string, Keys]>([
    ['a bare secret', randomBytes(32).toString('base64url')],
    ['a secret with an id', { kid: 'a', alg: 'HS256', secret: randomBytes(32) }],
    ['a secret as a JWK', { kid: 'a', alg: 'HS256', kty: 'oct', k: randomBytes(32).toString('base64url') }],
  ])('are none of %s', async (_, keys) => {
    expect((await createManager(keys)).publicKeys()).toEqual({ keys: [] });
  });

  test('are a misuse for a key that has no JWK, which names it', async () => {
    const { privateKey } = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      hashAlgorithm: 'sha256',
      mgf1HashAlgorithm: 'sha256',
    });
    const manager = await createManager({ kid: 'pss', alg: 'PS256', privateKey });
    expect(() => manager.publicKeys()).toThrow('(kid "pss")');
  });
});
