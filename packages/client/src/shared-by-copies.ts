/**
 * Keeps one value for all copies of this package in a process. An app may load it as ES modules and as CommonJS, and a bundler
 * may copy it once more.
 *
 * @param name - Another name for another shape: copies of two releases meet here.
 */
export function sharedByCopies<TValue extends object>(name: string, create: () => TValue): TValue {
  const key = Symbol.for(`trpc-sessions.${name}`);
  const existing: unknown = Reflect.get(globalThis, key);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- another copy of this function made it
  if (existing !== undefined) return existing as TValue;
  const value = create();
  Reflect.set(globalThis, key, value);
  return value;
}
