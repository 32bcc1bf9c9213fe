import { describe, expect, test, vi } from 'vitest';
import { SessionError } from '../errors.ts';
import { createKeyRing } from './keys.ts';
import { createLookupId, sessionIdOf } from './lookup-id.ts';
import { createTokens } from './access-token.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

const start = Date.UTC(2026, 10, 23);
const seconds = start / 1000;

function createWorld(clockTolerance = 0) {
  let now = start;
  const clock = () => now;
  const tokens = createTokens({
    keys: createKeyRing('a secret of more than thirty-two bytes'),
    issuer: undefined,
    audience: undefined,
    clockTolerance,
    clock,
  });
  const cryptography = vi.spyOn(tokens, 'verify');
  const { verifyToken, tokensOf } = createVerifiedTokens(tokens, { clockTolerance, max: 100 });
  const lookupId = createLookupId();
  const token = tokens.sign(
    { lookupId, userId: 'u1', issuedAt: seconds, expiresAt: seconds + 60 },
    { roles: ['reader'] },
  );
  return {
    token,
    lookupId,
    cryptography,
    verify: (each: string) => verifyToken(each, now),
    tokensOf,
    advance: (milliseconds: number) => void (now += milliseconds),
  };
}

/** A copy of the text, as a request brings it. */
const copyOf = (text: string): string => Buffer.from(text).toString();

describe('a recurring token', () => {
  test('costs no cryptography', () => {
    const w = createWorld();
    for (let n = 0; n < 10; n += 1) expect(w.verify(copyOf(w.token))).toMatchObject({ id: sessionIdOf(w.lookupId) });
    expect(w.cryptography).toHaveBeenCalledOnce();
  });

  test.each([0, 5000])('expires to the second, with a tolerance of %i ms', (tolerance) => {
    const w = createWorld(tolerance);
    w.verify(w.token);
    w.advance(60_000 + tolerance - 1);
    w.verify(copyOf(w.token));
    w.advance(1);
    expect(() => w.verify(copyOf(w.token))).toThrow(expect.objectContaining({ reason: 'expired_token' }));
    expect(() => w.verify(copyOf(w.token))).toThrow(expect.objectContaining({ reason: 'expired_token' }));
  });

  test('is compared as a whole, not by its signature alone', () => {
    const w = createWorld();
    w.verify(w.token);
    const [header, payload = '', signature] = w.token.split('.');
    const claims: object = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
    expect(() => w.verify(`${header}.${forged}.${signature}`)).toThrow(
      expect.objectContaining({ reason: 'invalid_token' }),
    );
    expect(w.verify(w.token).claims.sub).toBe('u1');
  });

  test('that ends like another is verified in its turn, and each has its own claims', () => {
    const w = createWorld();
    const [one, other] = ['a', 'b'].map((name) => `${name}.${name}.${'x'.repeat(31)}same-ending-`) as [string, string];
    w.cryptography.mockImplementation((token) => ({
      lookup_id: w.lookupId,
      sub: token[0] ?? '',
      iat: seconds,
      exp: seconds + 60,
    }));
    for (const token of [one, other, one, other]) expect(w.verify(copyOf(token)).claims.sub).toBe(token[0]);
    expect(w.cryptography).toHaveBeenCalledTimes(4);
  });

  test('keeps its claims, whichever a request tries to change', () => {
    const w = createWorld();
    const { claims } = w.verify(w.token);
    expect(() => (claims['roles'] as string[]).push('admin')).toThrow(TypeError);
    expect(() => Object.assign(claims, { sub: 'admin' })).toThrow(TypeError);
    expect(w.verify(w.token).claims).toMatchObject({ sub: 'u1', roles: ['reader'] });
  });
});

test('a refused token is not cached', () => {
  const w = createWorld();
  const cut = w.token.slice(0, -4);
  for (let n = 0; n < 3; n += 1) expect(() => w.verify(cut)).toThrow(SessionError);
  expect(w.cryptography).toHaveBeenCalledTimes(3);
});

test.each([undefined, null, 5, {}, ['a.b.c']])('%j is malformed', (value) => {
  expect(() => createWorld().verify(value as string)).toThrow(expect.objectContaining({ reason: 'malformed_token' }));
});

test('no more than `max` tokens are cached', () => {
  const w = createWorld();
  w.verify(w.token);
  w.cryptography.mockImplementation(() => ({ lookup_id: w.lookupId, sub: 'u', iat: seconds, exp: seconds + 60 }));
  for (let n = 0; n < 10_000; n += 1) w.verify(`a.b.${n}`);
  w.cryptography.mockClear();
  w.verify(w.token);
  expect(w.cryptography).toHaveBeenCalledOnce();
});

test('the tokens of a user are all that can be returned again', () => {
  const w = createWorld();
  const own = w.verify(w.token);
  expect(w.tokensOf('u1')).toEqual([own]);
  expect(w.tokensOf('u2')).toEqual([]);
  w.cryptography.mockImplementation(() => ({ lookup_id: w.lookupId, sub: 'u2', iat: seconds, exp: seconds + 60 }));
  for (let n = 0; n < 1000; n += 1) {
    const other = w.verify(`a.b.${n}`);
    expect(w.tokensOf('u2')).toContain(other);
  }
  expect(w.tokensOf('u2').length).toBeLessThanOrEqual(100);
  expect(w.tokensOf('u1')).toEqual([]);
});
