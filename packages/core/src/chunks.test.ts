import { expect, test } from 'vitest';
import { chunksOf } from './chunks.ts';

test.each([
  [[], 2, []],
  [[1], 2, [[1]]],
  [
    [1, 2, 3, 4],
    2,
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [[1, 2, 3], 2, [[1, 2], [3]]],
])('%j in chunks of %i is %j', (items, size, chunks) => {
  expect(chunksOf(items, size)).toEqual(chunks);
});
