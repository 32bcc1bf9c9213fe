import { createSessionManager } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

test.each([
  ['a limit of zero', { limit: 0 }, RangeError],
  ['a fractional limit', { limit: 1.5 }, RangeError],
  ['a cursor that no page gave', { limit: 1, cursor: "' or 1=1 --" }, /^cursor/],
  ['an empty cursor', { limit: 1, cursor: '' }, /^cursor/],
  ['a cursor of a former release', { limit: 1, cursor: `1.1.${'a'.repeat(32)}` }, /^cursor/],
])('a list with %s throws without a query', async (_, page, error) => {
  await using database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  await expect(manager.list('u1', page)).rejects.toThrow(error);
  expect(database.queries).toEqual([]);
});

test('a list of at most zero sessions throws without a query', async () => {
  await using database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  await expect(manager.list('u1', { max: 0 })).rejects.toThrow(/^max: /);
  expect(database.queries).toEqual([]);
});
