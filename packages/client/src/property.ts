/** Reads a property of a value that may be anything: `undefined` if there is none. */
export function property(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name);
}
