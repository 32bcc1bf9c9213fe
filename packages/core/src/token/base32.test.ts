import { expect, test } from 'vitest';
import { base32 } from './base32.ts';
import { createLookupId, sessionIdOf } from './lookup-id.ts';
import { isLookupId } from './lookup-id-shape.ts';

// RFC 4648 §10, in lower case.
test.each([
  ['', ''],
  ['fooba', 'mzxw6ytb'],
  ['foobafooba', 'mzxw6ytbmzxw6ytb'],
])('base32 of %j is %j', (text, encoded) => {
  expect(base32(Buffer.from(text))).toBe(encoded);
});

test('every byte counts', () => {
  const all = Uint8Array.from({ length: 255 }, (_, byte) => byte);
  expect(base32(all)).toHaveLength((255 / 5) * 8);
  expect(base32(Buffer.alloc(5, 0xff))).toBe('77777777');
});

test('lookup ids are 32 characters, and never the same', () => {
  const ids = Array.from({ length: 1000 }, createLookupId);
  expect(ids.every(isLookupId)).toBe(true);
  expect(new Set(ids).size).toBe(1000);
});

test('an id is the start of the SHA-256 of its lookup id', () => {
  // echo -n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | sha256sum
  const digest = Buffer.from('3ba3f5f43b92602683c19aee62a20342b084dd5971ddd33808d81a328879a547', 'hex');
  expect(sessionIdOf('a'.repeat(32))).toBe(base32(digest.subarray(0, 20)));
});
