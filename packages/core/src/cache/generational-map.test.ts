import { expect, test } from 'vitest';
import { createGenerationalMap } from './generational-map.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key${index}`);

test('keeps the value that was set last, and drops one that was deleted', () => {
  const map = createGenerationalMap<number>(10);
  expect(map.get('a')).toBeUndefined();
  map.set('a', 1);
  map.set('a', 2);
  expect(map.get('a')).toBe(2);
  map.delete('a');
  expect(map.get('a')).toBeUndefined();
});

test.each([1, 2, 3, 10, 11])('never keeps more than %i', (max) => {
  const map = createGenerationalMap<number>(max);
  for (const key of keys(100)) map.set(key, 1);
  const kept = keys(100).filter((key) => map.get(key) !== undefined);
  expect(kept.length).toBeLessThanOrEqual(Math.max(2, max));
  expect(kept).toContain('key99');
});

test('keeps a value in use, however many others are set', () => {
  const map = createGenerationalMap<number>(10);
  map.set('a', 1);
  for (const key of keys(1000)) {
    map.set(key, 1);
    expect(map.get('a')).toBe(1);
  }
});

test('a new value replaces one of the older generation', () => {
  const map = createGenerationalMap<number>(4);
  map.set('a', 1);
  map.set('b', 1);
  map.set('c', 1);
  map.set('a', 2);
  map.set('d', 1);
  expect(map.get('a')).toBe(2);
  map.delete('a');
  expect(map.get('a')).toBeUndefined();
});

test('finds the keys of a group, in both generations, until they are deleted or dropped', () => {
  const map = createGenerationalMap<{ readonly owner: string }>(4, ({ owner }) => owner);
  const set = (key: string, owner: string): void => map.set(key, { owner });
  set('a', 'ada');
  set('b', 'bob');
  set('c', 'ada');
  expect(map.keysOf('ada').toSorted()).toEqual(['a', 'c']);
  set('a', 'bob');
  expect(map.keysOf('ada')).toEqual(['c']);
  map.delete('c');
  expect(map.keysOf('ada')).toEqual([]);
  for (const key of keys(4)) set(key, 'eve');
  expect(map.keysOf('bob')).toEqual([]);
  map.clear();
  expect(map.keysOf('eve')).toEqual([]);
  expect(map.get('key3')).toBeUndefined();
});
