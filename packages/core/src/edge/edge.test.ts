import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { describe, expect, test, vi } from 'vitest';
import { isSessionError } from '../errors.ts';
import { createTokens, type Tokens } from '../token/access-token.ts';
import { createKeyRing, type Keys } from '../token/keys.ts';
import { createLookupId } from '../token/lookup-id.ts';
import { createSessionGate, createTokenVerifier, type EdgeKeys, type TokenVerifierOptions } from './index.ts';

const secret = 'the secret that signs, thirty-two bytes and more';
const now = Date.UTC(2026, 10, 23);
const seconds = now / 1000;
const registered = { lookupId: createLookupId(), userId: 'u1', issuedAt: seconds, expiresAt: seconds + 60 };
const claims = { lookup_id: registered.lookupId, sub: 'u1', iat: seconds, exp: seconds + 60 };
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pems = (pair: { privateKey: KeyObject; publicKey: KeyObject }) => ({
  privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
});
const ec = (namedCurve: string) => pems(generateKeyPairSync('ec', { namedCurve }));

function tokensOf(keys: Keys, rules: object = {}): Tokens {
  const none = { issuer: undefined, audience: undefined, clockTolerance: 0 };
  return createTokens({ keys: createKeyRing(keys), ...none, clock: () => now, ...rules });
}

function outcomeOf(verify: () => unknown): Promise<string> {
  return Promise.resolve()
    .then(verify)
    .then(
      () => 'valid',
      (error: unknown) => (isSessionError(error) ? error.reason : String(error)),
    );
}

async function edgeOutcome(
  keys: TokenVerifierOptions['keys'],
  token: string,
  options: Partial<TokenVerifierOptions> = {},
) {
  return outcomeOf(() => createTokenVerifier({ keys, clock: () => now, ...options }).verify(token));
}

function forge(header: unknown, payload: unknown): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('a token of the manager is verified at the edge', () => {
  const pair = pems(rsa);
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  test.each<[string, Keys, EdgeKeys?]>([
    ['a bare secret', secret],
    ['HS384', [{ kid: 'k', alg: 'HS384', secret: secret.repeat(2) }]],
    ['HS512', [{ kid: 'k', alg: 'HS512', secret: Buffer.from(secret.repeat(2)) }]],
    ['RS256', [{ kid: 'k', alg: 'RS256', ...pair }]],
    ['RS512', [{ kid: 'k', alg: 'RS512', ...pair }]],
    ['PS384', [{ kid: 'k', alg: 'PS384', ...pair }]],
    ['ES256', [{ kid: 'k', alg: 'ES256', ...ec('P-256') }]],
    ['ES384', [{ kid: 'k', alg: 'ES384', ...ec('P-384') }]],
    ['ES512', [{ kid: 'k', alg: 'ES512', ...ec('P-521') }]],
    [
      'a JWK',
      [{ kid: 'k', alg: 'ES256', ...jwk.privateKey.export({ format: 'jwk' }) }],
      [{ kid: 'k', alg: 'ES256', ...jwk.publicKey.export({ format: 'jwk' }) }],
    ],
  ])('with %s', async (_, keys, edgeKeys = keys) => {
    const token = tokensOf(keys).sign(registered, { name: 'Ada' });
    const verified = await createTokenVerifier({ keys: edgeKeys, clock: () => now }).verify(token);
    expect(verified).toEqual({
      userId: 'u1',
      claims: { sub: 'u1', iat: seconds, exp: seconds + 60, name: 'Ada' },
    });

    // No other text stands for it.
    const parts = token.split('.');
    const changed = [0, 1, 2].flatMap((index) =>
      ['A', 'Q', 'g', 'w', '0', '8', 'E', '_'].map((last) =>
        parts.with(index, `${parts[index]?.slice(0, -1)}${last}`).join('.'),
      ),
    );
    for (const each of changed.filter((text) => text !== token))
      expect(await edgeOutcome(edgeKeys, each)).toMatch(/^(?:malformed|invalid)_token$/);
  });

  test('with a key that was rotated out, and with several secrets without an id', async () => {
    const old = tokensOf(secret).sign(registered, {});
    expect(await edgeOutcome(['another secret of thirty-two bytes and more', secret], old)).toBe('valid');
    expect(await edgeOutcome([{ kid: 'k', alg: 'HS256', secret }], old)).toBe('invalid_token');
  });
});

describe('the edge and the manager agree', () => {
  const good = tokensOf(secret).sign(registered, {});
  const typed = { alg: 'HS256', typ: 'trpc-session+jwt' };
  const [header = '', payload = '', signature = ''] = good.split('.');
  const explicit = [
    good,
    '',
    'a.b.c',
    `${good}=`,
    `${good}AA`,
    `${header}.${payload}.`,
    good.slice(0, -3),
    `${header}.${Buffer.from('{}').toString('base64url')}.${signature}`,
    jwt.sign(claims, 'another secret of thirty-two bytes'),
    jwt.sign(claims, secret, { algorithm: 'HS512' }),
    jwt.sign(claims, secret, { keyid: 'unknown' }),
    ...[
      { ...typed, kid: 1 },
      { ...typed, crit: ['b64'] },
      { ...typed, b64: false },
      { ...typed, cty: 'JWT' },
      { alg: 'HS256' },
      { alg: 'none', typ: 'JWT' },
      { alg: 'HS256', typ: 'at+jwt' },
      { alg: 'HS256', typ: ['JWT'] },
      'nonsense',
      'null',
    ].map((each) => forge(each, claims)),
    ...[
      'nonsense',
      'null',
      [claims],
      { ...claims, sub: '' },
      { ...claims, sub: 1 },
      { ...claims, iat: undefined },
      { ...claims, exp: '9999999999' },
      { ...claims, exp: seconds },
      { ...claims, exp: seconds - 1 },
      { ...claims, nbf: seconds + 10 },
      { ...claims, nbf: '0' },
      { ...claims, lookup_id: 'x' },
      { ...claims, lookup_id: claims.lookup_id.toUpperCase() },
      { ...claims, iss: 'me', aud: ['you', 'us'] },
      { ...claims, iss: 'other' },
      `\u{FEFF}${JSON.stringify(claims)}`,
    ].map((each) => forge(typed, each)),
  ];

  test.each([{}, { issuer: 'me' }, { audience: 'us' }, { audience: ['we', 'you'] }, { clockTolerance: 1 }])(
    'on each of these tokens, with %j',
    async ({ clockTolerance = 0, ...rules }: { clockTolerance?: number }) => {
      const tokens = tokensOf(secret, { ...rules, clockTolerance });
      for (const token of explicit) {
        const edge = await edgeOutcome(secret, token, { ...rules, clockTolerance: `${clockTolerance}ms` });
        expect(edge, token).toBe(await outcomeOf(() => tokens.verify(token)));
      }
    },
  );

  test('on any text', async () => {
    const tokens = tokensOf(secret);
    const verifier = createTokenVerifier({ keys: secret, clock: () => now });
    const json = fc.jsonValue();
    const hostile = fc.oneof(
      fc.string(),
      fc.tuple(json, json).map(([head, body]) => forge(head, body)),
      json.map((body) => forge(typed, body)),
      fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom(...'Aa0-_.'))
        .map(([at, letter]) => good.slice(0, at) + letter + good.slice(at + 1)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (token) => {
        expect(await outcomeOf(() => verifier.verify(token))).toBe(await outcomeOf(() => tokens.verify(token)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a key that is wrong is an error that names it', () => {
  test.each<[string, EdgeKeys | undefined, RegExp]>([
    ['none', undefined, /^TypeError: keys: there is none/],
    ['a short secret', 'short', /^RangeError: keys: an HS256 secret must be at least 32 bytes/],
    ['a secret that repeats itself', 'a'.repeat(40), /^RangeError: keys: a secret must be random/],
    ['a JWK with padding', [{ kid: 'k', alg: 'HS256', k: `${'A'.repeat(43)}=` }], /^TypeError: keys: the k of a JWK/],
    [
      'an RSA key whose signatures are their own messages',
      [{ kid: 'k', alg: 'RS256', ...rsa.publicKey.export({ format: 'jwk' }), e: 'AQ' }],
      /^(?:RangeError: keys: the public exponent|TypeError: keys: at the edge)/,
    ],
    ['a private key alone', [{ kid: 'k', alg: 'RS256', privateKey: 'x' } as never], /^TypeError: keys: at the edge/],
    ['a key of another kind', [{ kid: 'k', alg: 'ES256', publicKey: pems(rsa).publicKey }], /^TypeError: keys: at the/],
    ['no alg', [{ kid: 'k' } as never], /^TypeError: keys: the key "k" needs an alg/],
    ['no kid', [{ alg: 'HS256', secret } as never], /^TypeError: keys: every key of a list needs a kid/],
    [
      'two of one kid',
      [1, 2].map((n) => ({ kid: 'k', alg: 'HS256', secret: secret + n })),
      /^RangeError: keys: two keys/,
    ],
  ])('%s', async (_, keys, message) => {
    const token = tokensOf(secret).sign(registered, {});
    expect(await edgeOutcome(() => keys, token)).toMatch(message);
  });

  test('but not before the first token: a build has no secret', async () => {
    const keys = vi.fn((): string | undefined => undefined);
    const verifier = createTokenVerifier({ keys, clock: () => now });
    expect(keys).not.toHaveBeenCalled();
    const token = tokensOf(secret).sign(registered, {});
    await expect(verifier.verify(token)).rejects.toThrow('keys: there is none');
    keys.mockReturnValue(secret);
    expect(await verifier.verify(token)).toMatchObject({ userId: 'u1' });
    await verifier.verify(token);
    expect(keys).toHaveBeenCalledTimes(2);
  });

  test('an unknown option is refused', () => {
    expect(() => createTokenVerifier({ keys: secret, isuer: 'me' } as never)).toThrow('unknown option "isuer"');
    expect(() => createSessionGate({ keys: secret, cookie: { nam: 'x' } } as never)).toThrow('unknown option "nam"');
  });
});

describe('a gate', () => {
  const token = tokensOf(secret).sign(registered, { name: 'Ada' });
  const gate = createSessionGate({ keys: secret, clock: () => now });
  const ask = (cookie: string, mode: string | null = 'navigate', of = gate) =>
    of({
      url: 'https://example.com/inbox?page=2',
      headers: new Headers({ cookie, ...(mode !== null && { 'sec-fetch-mode': mode }) }),
    });

  test.each([
    ['a persistent cookie', `a=b; __Host-session=${token}; c=d`],
    ['one that ends with the browser', `__Host-session=${token}.`],
    ['an older one before it', `__Host-session=h.e30.s; __Host-session=${token}`],
  ])('lets a visitor with %s pass, and clears nothing', async (_, cookie) => {
    const { userId, claims: own, reason, redirect } = await ask(cookie);
    expect({ userId, name: own?.['name'], reason }).toEqual({ userId: 'u1', name: 'Ada', reason: null });
    expect(redirect('/inbox').headers.get('set-cookie')).toBeNull();
  });

  test.each([
    ['no cookie', 'other=1', 'missing_token', false],
    ['an empty cookie', '__Host-session=', 'missing_token', false],
    ['a forged cookie', `__Host-session=${token.slice(0, -4)}AAAA`, 'invalid_token', true],
    ['a cookie of another name', `x__Host-session=${token}`, 'missing_token', false],
  ])(
    'sends a navigation with %s to another page, and clears a cookie that it refused',
    async (_, cookie, reason, clears) => {
      const refused = await ask(cookie);
      expect(refused).toMatchObject({ userId: null, claims: null, reason });
      const { status, headers } = refused.redirect('/login');
      expect([status, headers.get('location')]).toEqual([303, 'https://example.com/login']);
      expect(headers.get('set-cookie')).toBe(
        clears ? '__Host-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax' : null,
      );
    },
  );

  test.each(['cors', 'same-origin', 'no-cors', 'websocket', null])(
    'never clears the cookie of a request of mode %s',
    async (mode) => {
      const refused = await ask('__Host-session=forged', mode);
      expect(refused.reason).toBe('malformed_token');
      expect(refused.redirect('/login').headers.get('set-cookie')).toBeNull();
    },
  );

  test('clears the cookie as the server has set it', async () => {
    const cookie = { domain: 'example.com', path: '/app', sameSite: 'none', partitioned: true } as const;
    const own = createSessionGate({ keys: secret, cookie });
    const refused = await ask('__Secure-session=forged', 'navigate', own);
    expect(refused.redirect('/login').headers.get('set-cookie')).toBe(
      '__Secure-session=; Max-Age=0; Domain=example.com; Path=/app; HttpOnly; Secure; Partitioned; SameSite=None',
    );
  });
});
