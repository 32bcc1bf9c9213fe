import { expect, test } from 'vitest';
import { requireKnownOptions } from './known-options.ts';

interface Options {
  readonly first?: string | undefined;
  readonly second?: number | undefined;
}

const read = (options: Options): void => requireKnownOptions('make', options, { first: true, second: true });

test.each<[string, Options]>([
  ['no option', {}],
  ['some options', { first: 'a' }],
  ['an option that is undefined', { first: undefined, second: undefined }],
])('%s passes', (_, options) => {
  expect(() => read(options)).not.toThrow();
});

test.each<[string, object]>([
  ['a mistyped option', { first: 'a', secnd: 2 }],
  ['an unknown option that is undefined', { secnd: undefined }],
])('%s is a TypeError that names it and lists the known ones', (_, options) => {
  const message = 'make: unknown option "secnd"; the options are first, second';
  expect(() => read(options)).toThrow(new TypeError(message));
});

test.each(['constructor', '__proto__', 'toString'])('%s is not a known option', (name) => {
  expect(() => read(JSON.parse(`{ ${JSON.stringify(name)}: 1 }`))).toThrow(/^make: unknown option/);
});

test.each([undefined, null, 'sessions', 5])('%j instead of options is a TypeError', (options) => {
  expect(() => read(options as unknown as Options)).toThrow(new TypeError('make: expected an object of options'));
});
