import { expect, test } from 'vitest';
import { explain } from './explain-error.ts';

test('a missing table is explained with the advice to migrate, except for migrate itself', () => {
  const error = Object.assign(new Error('relation "x" does not exist'), { code: '42P01' });
  expect(explain(error, { command: 'list' })).toBe(
    'relation "x" does not exist: run trpc-sessions migrate, or give --table its name',
  );
  expect(explain(error, { command: 'migrate' })).toBe('relation "x" does not exist');
});

test.each([
  ['a space', 'postgres://app:top secret@db/app'],
  ['the end of a line', 'postgres://app:top\nsecret@db/app'],
  ['a slash and a space', 'mysql://app:top /secret@db/app'],
  ['the form of a list', "host=db user=app password='top secret'"],
])('a password with %s is not in a message that quotes the URL', (_, url) => {
  const explained = explain(new Error(`Invalid URL: ${url}`), { url });
  expect(explained).toMatch(/^Invalid URL: /);
  expect(explained).not.toContain('secret');
});
