import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { redactToken, revealToken } from './redacted-token.ts';

const text = 'abc.def.ghi';
const token = redactToken(text);

test.each<[string, string]>([
  ['String()', String(token)],
  ['a join', ['Bearer', token].join(' ')],
  ['JSON', JSON.stringify({ token })],
  ['a spread', JSON.stringify({ ...token })],
  ['inspect', inspect({ token })],
  ['inspect of hidden properties', inspect(token, { showHidden: true, getters: true, depth: Infinity })],
  ['inspect without its custom printing', inspect(token, { showHidden: true, customInspect: false })],
  ['format', format('%s %o %O %j %d', token, token, token, token, token)],
  ['a clone', inspect(structuredClone(token), { showHidden: true })],
  ['its keys', Reflect.ownKeys(token).join()],
  ['an error about it', inspect(new Error(`no good: ${String(token)}`, { cause: { token } }), { showHidden: true })],
])('a redacted token does not show in %s', (_, shown) => {
  expect(shown).not.toMatch(/abc|def|ghi/);
});

test('a redacted token can be revealed, also by another copy of this package', () => {
  expect(token.reveal()).toBe(text);
  expect(revealToken({ reveal: () => text, toString: () => '' })).toBe(text);
  expect(revealToken(text)).toBe(text);
  expect(revealToken(null)).toBeNull();
});
