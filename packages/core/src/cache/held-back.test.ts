import { expect, test } from 'vitest';
import { createHeldBack } from './held-back.ts';

function createWorld() {
  // Also before 1970: a clock may start anywhere.
  let now = -1_000_000;
  return { held: createHeldBack(60_000, () => now), advance: (milliseconds: number) => void (now += milliseconds) };
}

test('sessions are held back for the duration, by their id or by their user', () => {
  const { held, advance } = createWorld();
  held.add({ userId: 'ada', ids: ['a'] });
  advance(1000);
  held.add({ userId: 'bob', exceptId: 'b' });
  expect([held.has('a', 'ada'), held.has('b', 'bob'), held.has('c', 'ada')]).toEqual([true, true, false]);
  advance(59_000);
  expect([held.has('a', 'ada'), held.has('b', 'bob')]).toEqual([false, true]);
  advance(1000);
  expect(held.has('b', 'bob')).toBe(false);
});

test('one that is held back again is held back for longer', () => {
  const { held, advance } = createWorld();
  held.add({ userId: 'ada', ids: ['a', 'b'] });
  advance(59_000);
  held.add({ userId: 'ada', ids: ['a'] });
  advance(59_000);
  held.add({ userId: 'ada', ids: ['c'] });
  expect([held.has('a', 'ada'), held.has('b', 'ada')]).toEqual([true, false]);
});

test('past 10,000, every session is held back for the duration', () => {
  const { held, advance } = createWorld();
  for (let n = 0; n < 10_000; n += 1) held.add({ userId: 'ada', ids: [`id${n}`] });
  expect([held.has('id0', 'ada'), held.has('x', 'bob')]).toEqual([true, false]);
  held.add({ userId: 'ada', ids: ['last'] });
  expect([held.has('id0', 'ada'), held.has('x', 'bob')]).toEqual([true, true]);
  advance(60_000);
  expect([held.has('id0', 'ada'), held.has('x', 'bob')]).toEqual([false, false]);
});
