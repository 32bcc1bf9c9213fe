/**
 * Requires an options object without unknown names, which TypeScript checks but plain JavaScript does not.
 *
 * @throws {TypeError} naming the unknown option
 */
export function requireOptions(options: unknown, known: readonly string[]): void {
  const unknown = Object.keys(Object(options)).find((name) => !known.includes(name));
  if (!(options instanceof Object) || unknown !== undefined)
    throw new TypeError(`${unknown ?? 'options'}: unknown option; expected an object: ${known.join(', ')}`);
}

/**
 * Requires a function that returns at once, not a promise.
 *
 * @throws {TypeError} naming the option
 */
export function requireSynchronous(option: string, read: () => unknown): void {
  let value: unknown;
  try {
    value = read();
  } catch {
    return;
  }
  if (typeof Reflect.get(Object(value), 'then') !== 'function') return;
  throw new TypeError(`${option}: returns promises: use asyncTokenStore`);
}

/**
 * Requires a value that has these methods.
 *
 * @throws {TypeError} naming the option and the missing method
 */
export function requireMethods(option: string, value: unknown, methods: readonly string[]): void {
  const missing = methods.find((name) => typeof Reflect.get(Object(value), name) !== 'function');
  if (missing !== undefined) throw new TypeError(`${option}: expected ${methods.join(', ')}; it has no ${missing}`);
}
