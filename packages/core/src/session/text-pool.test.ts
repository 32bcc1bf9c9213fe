import { expect, test } from 'vitest';
import { createTextPool } from './text-pool.ts';

test('returns the text that it was given, known or forgotten', () => {
  const pool = createTextPool(4, (text) => text);
  for (let n = 0; n < 100; n += 1) for (const text of ['', 'common', `rare ${n}`]) expect(pool(text)).toBe(text);
});
