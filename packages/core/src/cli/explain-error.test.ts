import { expect, test } from 'vitest';
import { explain } from './explain-error.ts';

test('a missing table is explained with the advice to migrate, except for migrate itself', () => {
  const error = Object.assign(new Error('relation "x" does not exist'), { code: '42P01' });
  expect(explain(error, { command: 'list' })).toBe(
    'relation "x" does not exist: run trpc-sessions migrate, or give --table its name',
  );
  expect(explain(error, { command: 'migrate' })).toBe('relation "x" does not exist');
});
