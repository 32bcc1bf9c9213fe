import { expect, test } from 'vitest';
import { createRecent } from './generational-map.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key${index}`);

test('remembers what was set last, and forgets what was deleted', () => {
  const recent = createRecent<number>(10);
  expect(recent.get('a')).toBeUndefined();
  recent.set('a', 1);
  recent.set('a', 2);
  expect(recent.get('a')).toBe(2);
  recent.delete('a');
  expect(recent.get('a')).toBeUndefined();
});

test.each([1, 2, 3, 10, 11])('never remembers more than %i', (max) => {
  const recent = createRecent<number>(max);
  for (const key of keys(100)) recent.set(key, 1);
  const remembered = keys(100).filter((key) => recent.get(key) !== undefined);
  expect(remembered.length).toBeLessThanOrEqual(Math.max(2, max));
  expect(remembered).toContain('key99');
});

test('remembers what is used, whatever else comes and goes', () => {
  const recent = createRecent<number>(10);
  recent.set('a', 1);
  for (const key of keys(1000)) {
    recent.set(key, 1);
    expect(recent.get('a')).toBe(1);
  }
});

test('a new value replaces one of the older generation', () => {
  const recent = createRecent<number>(4);
  recent.set('a', 1);
  recent.set('b', 1);
  recent.set('c', 1);
  recent.set('a', 2);
  recent.set('d', 1);
  expect(recent.get('a')).toBe(2);
  recent.delete('a');
  expect(recent.get('a')).toBeUndefined();
});
