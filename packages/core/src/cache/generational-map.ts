/** Remembers what was used of late. */
export interface Recent<TValue> {
  get(key: string): TValue | undefined;
  set(key: string, value: TValue): void;
  delete(key: string): void;
}

/**
 * Remembers the `max / 2` values used last, and at most `max`: in two generations, the older of which is dropped as a
 * whole when the younger is full. A value in use costs one look-up, where a list by last use is written to at each.
 */
export function createRecent<TValue>(max: number): Recent<TValue> {
  const half = Math.max(1, Math.floor(max / 2));
  let young = new Map<string, TValue>();
  let old = new Map<string, TValue>();

  function set(key: string, value: TValue): void {
    if (young.size >= half && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  }

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
  };
}
