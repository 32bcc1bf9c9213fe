import { property } from './property.ts';

/**
 * Requires an options object without unknown names, which TypeScript checks but plain JavaScript does not.
 *
 * @throws {TypeError} naming the unknown option
 */
export function requireOptions(options: unknown, known: readonly string[]): void {
  const unknown = Object.keys(Object(options)).find((name) => !known.includes(name));
  if (unknown !== undefined || Object(options) !== options)
    throw new TypeError(`${unknown ?? 'options'}: unknown option; expected { ${known.join(', ')} }`);
}

/**
 * Requires a value that has these methods.
 *
 * @param read - calls the method that must not return a promise
 * @throws {TypeError} naming the option and its methods
 */
export function requireMethods(option: string, value: unknown, methods: readonly string[], read?: () => unknown): void {
  if (methods.some((name) => typeof property(value, name) !== 'function'))
    throw new TypeError(`${option}: expected ${methods.join(', ')}`);
  if (returnsPromise(read)) throw new TypeError(`${option}: returns promises: use asyncTokenStore`);
}

function returnsPromise(read: (() => unknown) | undefined): boolean {
  try {
    return typeof property(read?.(), 'then') === 'function';
  } catch {
    return false;
  }
}
