/**
 * Keeps one value for all copies of this package in a process. An app may load it as ES modules and as CommonJS, and a bundler
 * may copy it once more.
 *
 * @param name - Another name for another shape: copies of two releases meet here.
 */
export function sharedByCopies<TValue extends object>(name: string, create: () => TValue): TValue {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only copies of this function have the key
  const shared = globalThis as unknown as Record<symbol, TValue>;
  return (shared[Symbol.for(`trpc-sessions.${name}`)] ??= create());
}
