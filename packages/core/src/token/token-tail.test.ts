import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { tailOf } from './token-tail.ts';

test('the tail of a token is a whole number, and a copy of the token has the same', () => {
  const token = `a.b.${randomBytes(32).toString('base64url')}`;
  expect(tailOf(token)).toBeTypeOf('number');
  expect(Number.isSafeInteger(tailOf(token))).toBe(true);
  expect(tailOf(Buffer.from(token).toString())).toBe(tailOf(token));
});

test('of ten thousand tokens, hardly any share a tail', () => {
  const tails = Array.from({ length: 10_000 }, () => tailOf(randomBytes(32).toString('base64url')));
  expect(new Set(tails).size).toBeGreaterThan(9990);
});

test.each(['', 'a', 'a.b.c'])('a text as short as %j has one, too', (text) => {
  expect(Number.isSafeInteger(tailOf(text))).toBe(true);
});
