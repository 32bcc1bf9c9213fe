import { describe, expect, test } from 'vitest';
import { readStoredData, storeData } from './stored-data.ts';

test('data is measured as it is written: in bytes, after every toJSON', () => {
  // Two quotes are part of the text.
  expect(storeData('a'.repeat(4094))).toHaveLength(4096);
  expect(() => storeData('a'.repeat(4095))).toThrow('data: it is 4097 bytes of JSON, and 4096 are allowed');
  expect(() => storeData('é'.repeat(2048))).toThrow('data: it is 4098 bytes of JSON, and 4096 are allowed');
  expect(storeData({ a: 'a'.repeat(5000), toJSON: () => 'short' })).toBe('"short"');
  expect(() => storeData({ toJSON: () => 'a'.repeat(5000) })).toThrow(/^data: it is 5002 bytes/);
});

test('no data is null, and a date is a text', () => {
  for (const none of [undefined, null, { toJSON: () => null }]) expect(storeData(none)).toBeNull();
  expect(storeData({ at: new Date(0), left: undefined })).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
});

describe('data that JSON does not hold is refused', () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  test.each<[string, unknown, RegExp]>([
    ['a function', () => {}, /^data: "" is not JSON, but a value of type function/],
    ['a symbol in an object', { a: Symbol('a') }, /^data: "a" is not JSON/],
    ['a bigint', { n: 1n }, /^data: "n" is not JSON, but a value of type bigint/],
    ['NaN', { n: Number.NaN }, /^data: "n" is not JSON, but NaN/],
    ['infinity', [Infinity], /^data: "0" is not JSON, but Infinity/],
    ['undefined in a list', [undefined], /^data: "0" is not JSON/],
    ['a circle', circle, /^data: it cannot be written as JSON/],
    ['an object whose toJSON returns nothing', { toJSON: () => undefined }, /^data: it cannot be written as JSON/],
    [
      'an object whose toJSON throws',
      {
        toJSON() {
          throw new Error('of the app');
        },
      },
      /^data: it cannot be written as JSON/,
    ],
  ])('%s', (_, data, message) => {
    expect(() => storeData(data)).toThrow(message);
    expect(() => storeData(data)).toThrow(expect.objectContaining({ name: 'SessionUsageError' }));
  });
});

test('a column that is not JSON is no data', () => {
  expect(readStoredData('{')).toBeNull();
});
