import { expect, test } from 'vitest';
import { createGenerationalMap, type Linked } from './generational-map.ts';

interface Value extends Linked<Value> {
  readonly name: string;
  readonly owner: string;
}

const createMap = (max: number) => createGenerationalMap<string, Value>(max, ({ owner }) => owner);
const valueOf = (name: string, owner = 'ada'): Value => ({ name, owner, next: undefined, previous: undefined });
const keys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key${index}`);

test('keeps the value that was set last', () => {
  const map = createMap(10);
  expect(map.get('a')).toBeUndefined();
  map.set('a', valueOf('first'));
  map.set('a', valueOf('second'));
  expect(map.get('a')?.name).toBe('second');
  expect(map.ofGroup('ada').map(({ name }) => name)).toEqual(['second']);
});

test.each([1, 2, 3, 10, 11])('never keeps more than %i', (max) => {
  const map = createMap(max);
  for (const key of keys(100)) map.set(key, valueOf(key));
  const kept = keys(100).filter((key) => map.get(key) !== undefined);
  expect(kept.length).toBeLessThanOrEqual(Math.max(2, max));
  expect(kept).toContain('key99');
});

test('keeps a value in use, however many others are set', () => {
  const map = createMap(10);
  map.set('a', valueOf('a'));
  for (const key of keys(1000)) {
    map.set(key, valueOf(key));
    expect(map.get('a')?.name).toBe('a');
  }
});

test('a new value replaces one of the older generation', () => {
  const map = createMap(4);
  map.set('a', valueOf('first'));
  for (const key of ['b', 'c']) map.set(key, valueOf(key));
  map.set('a', valueOf('second'));
  map.set('d', valueOf('d'));
  expect(map.get('a')?.name).toBe('second');
});

test('the group of a user has each value that can still be found, and no other, whatever happened to its neighbours', () => {
  const map = createMap(20);
  const known = new Map<string, Value>();
  let state = 7;
  const random = (below: number): number => {
    state = (state * 16_807) % 2_147_483_647;
    return state % below;
  };
  for (let step = 0; step < 5000; step += 1) {
    const key = `key${random(40)}`;
    const value = valueOf(key, `owner${random(3)}`);
    if (random(2) === 0) {
      map.get(key);
    } else {
      map.set(key, value);
      known.set(key, value);
    }
    if (step % 10 !== 0) continue;
    const inGroups = ['owner0', 'owner1', 'owner2'].flatMap((owner) => map.ofGroup(owner));
    // `get` moves values between the generations, so the groups are read first.
    const found = [...known.keys()].flatMap((each) => map.get(each) ?? []);
    expect(found.filter((each) => !inGroups.includes(each))).toEqual([]);
    expect(new Set(inGroups).size).toBe(inGroups.length);
    expect(inGroups.filter((each) => known.get(each.name) !== each)).toEqual([]);
  }
});
