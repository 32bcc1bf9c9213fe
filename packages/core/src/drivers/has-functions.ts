/** Answers whether a value is an object with these methods, its own or inherited. */
export function hasFunctions<TName extends string>(
  value: unknown,
  ...names: readonly TName[]
): value is Record<TName, (...args: readonly unknown[]) => unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
