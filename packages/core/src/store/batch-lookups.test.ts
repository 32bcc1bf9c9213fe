import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { batchLookups } from './batch-lookups.ts';

interface Row {
  readonly id: string;
}

function createWorld(missing: readonly string[] = []) {
  const rowOf = (id: string): Row | undefined => (missing.includes(id) ? undefined : { id });
  const find = vi.fn((id: string) => Promise.resolve(rowOf(id)));
  const findMany = vi.fn((ids: readonly string[]) =>
    Promise.resolve(ids.map(rowOf).filter((row) => row !== undefined)),
  );
  return { find, findMany, lookup: batchLookups<Row>({ find, findMany }) };
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `id${index}`);

describe('look-ups of one turn of the event loop', () => {
  test('are one query, and each gets its own row', async () => {
    const { lookup, find, findMany } = createWorld(['b']);
    expect(await Promise.all(['a', 'b', 'c'].map(lookup))).toEqual([{ id: 'a' }, undefined, { id: 'c' }]);
    expect(findMany.mock.calls).toEqual([[['a', 'b', 'c']]]);
    expect(find).not.toHaveBeenCalled();
  });

  test('are the single query if there is only one', async () => {
    const { lookup, find, findMany } = createWorld();
    expect(await lookup('a')).toEqual({ id: 'a' });
    expect(find.mock.calls).toEqual([['a']]);
    expect(findMany).not.toHaveBeenCalled();
  });

  test('share a query for the same id', async () => {
    const { lookup, find } = createWorld();
    await Promise.all([lookup('a'), lookup('a')]);
    expect(find).toHaveBeenCalledOnce();
  });

  test('include those that begin in microtasks', async () => {
    const { lookup, findMany } = createWorld();
    await Promise.all([lookup('a'), Promise.resolve().then(() => lookup('b'))]);
    expect(findMany.mock.calls).toEqual([[['a', 'b']]]);
  });

  test('are several queries of at most 256 ids', async () => {
    const { lookup, findMany } = createWorld();
    const rows = await Promise.all(namesOf(600).map(lookup));
    expect(rows.map((row) => row?.id)).toEqual(namesOf(600));
    expect(findMany.mock.calls.map(([ids]) => ids.length)).toEqual([256, 256, 88]);
  });
});

test('a later turn neither waits for an earlier one nor shares its answer', async () => {
  const { lookup, find } = createWorld();
  find.mockReturnValueOnce(new Promise(() => {}));
  void lookup('a');
  await turn();
  expect(await lookup('a')).toEqual({ id: 'a' });
  expect(find).toHaveBeenCalledTimes(2);
});

test.each([
  ['rejects', () => Promise.reject(new Error('down'))],
  [
    'throws',
    () => {
      throw new Error('down');
    },
  ],
])('a query that %s rejects all of its own look-ups, and no other', async (_, fail) => {
  const { lookup, findMany } = createWorld();
  findMany.mockImplementationOnce(fail);
  const failing = await Promise.allSettled(['a', 'b'].map(lookup));
  expect(failing.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all(['a', 'b'].map(lookup))).toEqual([{ id: 'a' }, { id: 'b' }]);
});
