import { inspect } from 'node:util';
import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { describe, expect, test } from 'vitest';
import { isSessionError, SessionError, SessionUsageError } from '../errors.ts';
import { createKeyRing, type Keys } from './keys.ts';
import { createLookupId } from './lookup-id.ts';
import { createTokens, maxIssuedLength, type TokenRules, type Tokens } from './access-token.ts';
import { maxTokenLength, tokenType } from './token-rules.ts';

const secret = 'the secret that signs, thirty-two bytes and more';
const now = Date.UTC(2026, 10, 23);
const seconds = now / 1000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });

function tokensOf(keys: Keys = secret, rules: Partial<TokenRules> = {}): Tokens {
  return createTokens({
    keys: createKeyRing(keys),
    issuer: undefined,
    audience: undefined,
    clockTolerance: 0,
    clock: () => now,
    ...rules,
  });
}

const registered = { lookupId: createLookupId(), userId: 'u1', issuedAt: seconds, expiresAt: seconds + 60 };
const claims = { lookup_id: registered.lookupId, sub: 'u1', iat: seconds, exp: seconds + 60 };

function sign(payload: object, key: string | KeyObject = secret, options: jwt.SignOptions = {}): string {
  return jwt.sign(payload, key, options);
}

const typed = { alg: 'HS256', typ: tokenType };

/** Signs parts as they are, however wrong. */
function forge(header: unknown, payload: unknown, key: string = secret): string {
  const part = (value: unknown): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** The refusal of a token; `undefined` if it is valid. */
function refusalOf(tokens: Tokens, token: string): Error | undefined {
  try {
    tokens.verify(token);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(`threw ${String(error)}`);
  }
}

function reasonOf(tokens: Tokens, token: string): string {
  const error = refusalOf(tokens, token);
  if (error === undefined) return 'valid';
  return isSessionError(error) ? error.reason : String(error);
}

describe('a token that was signed is verified', () => {
  test.each<[string, Keys]>([
    ['HS256 from a bare secret', secret],
    ['HS512', [{ kid: 'k', alg: 'HS512', secret: secret.repeat(2) }]],
    ['RS256', [{ kid: 'k', alg: 'RS256', privateKey: rsa.privateKey }]],
    ['PS384', [{ kid: 'k', alg: 'PS384', privateKey: rsa.privateKey }]],
    ['ES256', [{ kid: 'k', alg: 'ES256', privateKey: ec.privateKey }]],
  ])('with %s', (_, keys) => {
    const tokens = tokensOf(keys);
    const token = tokens.sign(registered, { username: 'ada', roles: ['admin'] });
    expect(tokens.verify(token)).toMatchObject({ sub: 'u1', username: 'ada', roles: ['admin'], exp: seconds + 60 });
    expect(tokens.verify(token).lookup_id).toBe(registered.lookupId);
  });

  test('and no log of its claims shows the lookup id', () => {
    const verified = tokensOf().verify(tokensOf().sign(registered, { username: 'ada' }));
    const everything = { showHidden: true, getters: true, depth: Infinity };
    const logs = [
      JSON.stringify(verified),
      JSON.stringify({ ...verified }),
      inspect(verified),
      inspect({ ctx: { claims: verified } }, everything),
      inspect(verified, { showHidden: true, customInspect: false }),
      inspect(structuredClone(verified), everything),
      inspect(new Error('of the app', { cause: verified }), everything),
    ];
    for (const log of logs) {
      expect(log).not.toContain(registered.lookupId);
      expect(log).toContain('ada');
    }
  });

  test('by jsonwebtoken too, for it is a JWT', () => {
    expect(jwt.verify(tokensOf().sign(registered, {}), secret, { clockTimestamp: seconds })).toEqual(claims);
  });

  test('with the key before the current one', () => {
    const old = tokensOf([{ kid: 'old', alg: 'HS256', secret }]).sign(registered, {});
    const rotated = tokensOf([
      { kid: 'new', alg: 'ES256', privateKey: ec.privateKey },
      { kid: 'old', alg: 'HS256', secret },
    ]);
    expect(reasonOf(rotated, old)).toBe('valid');
    expect(reasonOf(tokensOf([{ kid: 'new', alg: 'ES256', privateKey: ec.privateKey }]), old)).toBe('invalid_token');
  });

  test('with a bare secret that stands in a list since', () => {
    const old = tokensOf(secret).sign(registered, {});
    expect(reasonOf(tokensOf([{ kid: 'new', alg: 'ES256', privateKey: ec.privateKey }, secret]), old)).toBe('valid');
  });

  test('for any of several audiences', () => {
    const web = tokensOf(secret, { audience: 'web' }).sign(registered, {});
    expect(reasonOf(tokensOf(secret, { audience: ['app', 'web'] }), web)).toBe('valid');
  });
});

const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const good = sign(claims);
const [header = '', payload = '', signature = ''] = good.split('.');
const swap = (text: string): string => Buffer.from(text).toString('base64url');

describe('a token is refused', () => {
  test.each<[string, string, string]>([
    ['empty', '', 'malformed_token'],
    ['a word', 'token', 'malformed_token'],
    ['two parts', 'a.b', 'malformed_token'],
    ['four parts', `${good}.x`, 'malformed_token'],
    ['five parts, as of an encrypted one', 'a.b.c.d.e', 'malformed_token'],
    ['with spaces', `${header}. ${payload}.${signature}`, 'malformed_token'],
    ['with padding', `${good}=`, 'malformed_token'],
    ['with a line break', `${good}\n`, 'malformed_token'],
    ['in classic base64', `${header}.a+b/.${signature}`, 'malformed_token'],
    ['too long', `${header}.${'a'.repeat(maxTokenLength)}.${signature}`, 'malformed_token'],
    ['whose header is no JSON', `${swap('nonsense')}.${payload}.${signature}`, 'malformed_token'],
    ['whose header is null', `${swap('null')}.${payload}.${signature}`, 'malformed_token'],
    ['whose header has no alg', `${swap('{"typ":"JWT"}')}.${payload}.${signature}`, 'malformed_token'],
    ['with alg none and no signature', `${swap('{"alg":"none","typ":"JWT"}')}.${payload}.`, 'invalid_token'],
    ['with alg none and a signature', `${swap('{"alg":"none"}')}.${payload}.${signature}`, 'invalid_token'],
    ['with alg None', `${swap('{"alg":"None"}')}.${payload}.`, 'invalid_token'],
    ['without its signature', `${header}.${payload}.`, 'invalid_token'],
    ['signed with another secret', sign(claims, 'another secret of thirty-two bytes'), 'invalid_token'],
    ['signed with an empty secret', forge(typed, claims, ''), 'invalid_token'],
    ['signed with the right secret, another algorithm', sign(claims, secret, { algorithm: 'HS512' }), 'invalid_token'],
    [
      'with a swapped payload',
      `${header}.${swap(JSON.stringify({ ...claims, sub: 'admin' }))}.${signature}`,
      'invalid_token',
    ],
    ['with a cut signature', good.slice(0, -3), 'invalid_token'],
    ['that names an unknown key', sign(claims, secret, { keyid: 'unknown' }), 'invalid_token'],
    ['that names its key by number', forge({ ...typed, kid: 1 }, claims), 'invalid_token'],
    ['that names its key by a path', forge({ ...typed, kid: '../../dev/null' }, claims), 'invalid_token'],
    ['that brings its own key', forge({ ...typed, jwk: { kty: 'oct', k: 'AA' } }, claims, '\0'), 'invalid_token'],
    ['with a critical header', forge({ ...typed, crit: ['b64'], b64: false }, claims), 'invalid_token'],
    ['with unencoded payload, but not critical', forge({ ...typed, b64: false }, claims), 'invalid_token'],
    ['with another token in it', forge({ ...typed, cty: 'JWT' }, claims), 'invalid_token'],
    ['that says it is compressed', forge({ ...typed, zip: 'DEF' }, claims), 'invalid_token'],
    ['that says it is encrypted', forge({ ...typed, enc: 'A256GCM' }, claims), 'invalid_token'],
    ['of another type, written twice', forge('{"alg":"HS256","typ":"JWT","typ":"at+jwt"}', claims), 'invalid_token'],
    ['of another type', forge({ alg: 'HS256', typ: 'secevent+jwt' }, claims), 'invalid_token'],
    ['of no type', forge({ alg: 'HS256' }, claims), 'invalid_token'],
    ['whose type is a list', forge({ alg: 'HS256', typ: [tokenType] }, claims), 'invalid_token'],
    ['with a part of one character more', `${good}AA`, 'malformed_token'],
    ['whose payload is no JSON', forge(typed, 'nonsense'), 'invalid_token'],
    ['whose payload is a list', forge(typed, [claims]), 'invalid_token'],
    ['whose payload is null', forge(typed, 'null'), 'invalid_token'],
    ['whose lookup_id is missing', forge(typed, { ...claims, lookup_id: undefined }), 'invalid_token'],
    ['whose lookup_id is a number', sign({ ...claims, lookup_id: 1 }), 'invalid_token'],
    ['whose lookup_id is an object', sign({ ...claims, lookup_id: { $ne: '' } }), 'invalid_token'],
    ['whose lookup_id is SQL', sign({ ...claims, lookup_id: "' or 1=1 --" }), 'invalid_token'],
    [
      'whose lookup_id is in upper case',
      sign({ ...claims, lookup_id: claims.lookup_id.toUpperCase() }),
      'invalid_token',
    ],
    ['whose lookup_id ends in a line break', sign({ ...claims, lookup_id: `${claims.lookup_id}\n` }), 'invalid_token'],
    ['whose sub is missing', forge(typed, { ...claims, sub: undefined }), 'invalid_token'],
    ['whose sub is empty', forge(typed, { ...claims, sub: '' }), 'invalid_token'],
    ['whose sub is a number', forge(typed, { ...claims, sub: 1 }), 'invalid_token'],
    ['that never expires', forge(typed, { ...claims, exp: undefined }), 'invalid_token'],
    ['whose exp is a text', forge(typed, { ...claims, exp: '9999999999' }), 'invalid_token'],
    ['whose iat is missing', forge(typed, { ...claims, iat: undefined }), 'invalid_token'],
    ['whose nbf is a text', forge(typed, { ...claims, nbf: '0' }), 'invalid_token'],
    ['that is not valid yet', sign({ ...claims, nbf: seconds + 10 }), 'invalid_token'],
    ['that has expired', sign({ ...claims, exp: seconds - 1 }), 'expired_token'],
    ['that expires this very second', sign({ ...claims, exp: seconds }), 'expired_token'],
    ['that has expired and was forged', sign({ ...claims, exp: seconds - 1 }, 'x'.repeat(40)), 'invalid_token'],
  ])('%s', (_, token, reason) => {
    expect(reasonOf(tokensOf(), token)).toBe(reason);
  });

  test('signed with the public key as if it were a secret', () => {
    const tokens = tokensOf([{ kid: 'k', alg: 'RS256', privateKey: rsa.privateKey }]);
    expect(reasonOf(tokens, forge({ ...typed, kid: 'k' }, claims, publicPem))).toBe('invalid_token');
    expect(reasonOf(tokens, forge({ alg: 'RS256', typ: tokenType, kid: 'k' }, claims, publicPem))).toBe(
      'invalid_token',
    );
  });

  test('signed by one key under the id of another', () => {
    const tokens = tokensOf([
      { kid: 'a', alg: 'HS256', secret },
      { kid: 'b', alg: 'HS256', secret: `${secret} b` },
    ]);
    expect(reasonOf(tokens, sign(claims, `${secret} b`, { keyid: 'a' }))).toBe('invalid_token');
  });

  test.each<[string, object, Partial<TokenRules>]>([
    ['another issuer', { iss: 'other' }, { issuer: 'me' }],
    ['no issuer', {}, { issuer: 'me' }],
    ['another audience', { aud: 'other' }, { audience: 'me' }],
    ['no audience', {}, { audience: ['me', 'you'] }],
    ['a longer audience', { aud: 'me2' }, { audience: 'me' }],
  ])('with %s', (_, extra, rules) => {
    expect(reasonOf(tokensOf(secret, rules), sign({ ...claims, ...extra }))).toBe('invalid_token');
  });

  test('whatever it is, by a SessionError and nothing else', () => {
    const tokens = tokensOf();
    const part = fc.base64String().map((text) => text.replace(/[+/=]/g, '-'));
    const json = fc.jsonValue().map((value) => swap(JSON.stringify(value)));
    const hostile = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      fc.tuple(json, json, part).map((parts) => parts.join('.')),
      fc.tuple(fc.jsonValue(), fc.jsonValue()).map(([head, body]) => forge(head, body)),
      fc.jsonValue().map((body) => forge({ alg: 'HS256', typ: 'JWT' }, body)),
      fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom(...'Aa0-_.'))
        .map(([at, letter]) => good.slice(0, at) + letter + good.slice(at + 1)),
    );
    fc.assert(
      fc.property(hostile, (token) => {
        const reason = reasonOf(tokens, token);
        return token === good || reason === 'malformed_token' || reason === 'invalid_token';
      }),
      { numRuns: 2000 },
    );
  });

  test('without a trace of the token in the error', () => {
    for (const token of [
      // The parser of its header quotes the text in its own error.
      `${swap('nonsense')}.${payload}.${signature}`,
      `${good.slice(0, -4)}AAAA`,
      sign({ ...claims, exp: 1 }),
    ]) {
      const error = refusalOf(tokensOf(), token);
      expect(error).toBeInstanceOf(SessionError);
      const seen = JSON.stringify([String(error), error?.stack, String(error?.cause)]);
      const parts = token.split('.').flatMap((part) => [part, Buffer.from(part, 'base64url').toString()]);
      for (const each of [...parts, claims.lookup_id, secret]) expect(seen).not.toContain(each);
    }
  });
});

describe.each([
  ['HS256', [{ kid: 'k', alg: 'HS256', secret }]],
  ['RS256', [{ kid: 'k', alg: 'RS256', privateKey: rsa.privateKey }]],
  ['PS256', [{ kid: 'k', alg: 'PS256', privateKey: rsa.privateKey }]],
  ['ES256', [{ kid: 'k', alg: 'ES256', privateKey: ec.privateKey }]],
  ['ES512', [{ kid: 'k', alg: 'ES512', privateKey: p521.privateKey }]],
] satisfies [string, Keys][])('a token of %s has one text', (_, keys) => {
  const tokens = tokensOf(keys);
  const token = tokens.sign(registered, {});
  const parts = token.split('.');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

  test.each([0, 1, 2])('part %i in no other last character', (index) => {
    for (const last of alphabet) {
      const changed = parts.with(index, `${parts[index]?.slice(0, -1)}${last}`).join('.');
      if (changed !== token) expect(reasonOf(tokens, changed)).toMatch(/^(?:malformed|invalid)_token$/);
    }
  });

  test.each([0, 1, 2])('part %i with nothing added', (index) => {
    for (const added of ['A', 'AA', 'AAA', 'AAAA', '=', '==']) {
      const changed = parts.with(index, `${parts[index]}${added}`).join('.');
      expect(reasonOf(tokens, changed)).toMatch(/^(?:malformed|invalid)_token$/);
    }
  });
});

describe('signing', () => {
  test.each(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'lookup_id', 'lookup_generation'])(
    'an app claim may not overwrite %s',
    (name) => {
      expect(() => tokensOf().sign(registered, { [name]: 'mine' })).toThrow(SessionUsageError);
      expect(() => tokensOf().sign(registered, { [name]: undefined })).toThrow(`"${name}" is a registered claim`);
    },
  );

  test('only a reissued token has a generation, and only a whole number is one', () => {
    const tokens = tokensOf();
    expect(tokens.verify(tokens.sign(registered, {}))).not.toHaveProperty('lookup_generation');
    expect(tokens.verify(tokens.sign({ ...registered, generation: 2 }, {}))).toMatchObject({ lookup_generation: 2 });
    for (const generation of [null, 0, -1, 1.5, '1', true, [1], 2 ** 53]) {
      const forged = forge({ alg: 'HS256', typ: tokenType }, { ...claims, lookup_generation: generation });
      expect(reasonOf(tokens, forged)).toBe('invalid_token');
    }
  });

  test('a token that would not fit a cookie is refused, with the sizes and the largest claims', () => {
    const signLarge = (): string => tokensOf().sign(registered, { permissions: 'x'.repeat(6000), role: 'admin' });
    expect(signLarge).toThrow(SessionUsageError);
    expect(signLarge).toThrow(/8\d{3} characters long, and 3800 are allowed\..*"permissions" \(6002\), "role" \(7\)/);
  });

  test('a token of the longest length is valid', () => {
    const tokens = tokensOf();
    const room = Math.floor(((maxIssuedLength - tokens.sign(registered, { big: '' }).length) * 3) / 4);
    const token = tokens.sign(registered, { big: 'x'.repeat(room) });
    expect(token.length).toBeGreaterThan(maxIssuedLength - 4);
    expect(reasonOf(tokens, token)).toBe('valid');
  });

  test('the claims are checked as they are signed: a toJSON overwrites none', () => {
    const hidden = { toJSON: () => ({ lookup_id: 'mine', sub: 'admin' }) };
    expect(() => tokensOf().sign(registered, { ...hidden })).toThrow('"lookup_id" is a registered claim');
    expect(() => tokensOf().sign(registered, { toJSON: () => 'text' })).toThrow('claims: expected an object');
    const token = tokensOf().sign(registered, { since: new Date(0) });
    expect(tokensOf().verify(token)).toMatchObject({ since: '1970-01-01T00:00:00.000Z', sub: 'u1' });
  });

  test('a token carries its own type, and the plain type of earlier releases is accepted', () => {
    const token = tokensOf().sign(registered, {});
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      typ: tokenType,
    });
    for (const typ of ['JWT', 'jwt', tokenType.toUpperCase()]) {
      expect(reasonOf(tokensOf(), forge({ alg: 'HS256', typ }, claims))).toBe('valid');
    }
  });

  test('a clock in its first second is a time like any other', () => {
    const tokens = tokensOf(secret, { clock: () => 0 });
    const token = tokens.sign({ ...registered, issuedAt: 0, expiresAt: 60 }, {});
    expect(tokens.verify(token)).toMatchObject({ iat: 0, exp: 60 });
  });

  test('a private key given as an object is used as it is', () => {
    const key = createPrivateKey(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const token = tokensOf([{ kid: 'k', alg: 'RS256', privateKey: key }]).sign(registered, {});
    expect(jwt.verify(token, publicPem, { algorithms: ['RS256'], clockTimestamp: seconds })).toMatchObject({
      sub: 'u1',
    });
  });
});
