/** A bounded map that keeps the values used last. */
export interface GenerationalMap<TValue> {
  get(key: string): TValue | undefined;
  set(key: string, value: TValue): void;
  delete(key: string): void;
  clear(): void;
  /** The keys of a group, if the map has groups. */
  keysOf(group: string): readonly string[];
}

/** The values that were set or used in the same period. */
interface Generation<TValue> {
  readonly values: Map<string, TValue>;
  readonly groups: Map<string, Set<string>>;
}

const createGeneration = <TValue>(): Generation<TValue> => ({ values: new Map(), groups: new Map() });

/**
 * Keeps the `max / 2` values used last, and at most `max`, in two generations. The older is dropped as a whole when the
 * younger is full: a value in use costs one look-up, where a list in order of use would cost a write each time.
 *
 * @param groupOf - the group of a value, so that the keys of a group are found without reading all values
 */
export function createGenerationalMap<TValue>(
  max: number,
  groupOf?: (value: TValue) => string,
): GenerationalMap<TValue> {
  const half = Math.max(1, Math.floor(max / 2));
  let young = createGeneration<TValue>();
  let old = createGeneration<TValue>();

  function remove({ values, groups }: Generation<TValue>, key: string): void {
    const value = values.get(key);
    if (value === undefined) return;
    values.delete(key);
    const group = groupOf?.(value);
    if (group === undefined) return;
    const keys = groups.get(group);
    keys?.delete(key);
    if (keys?.size === 0) groups.delete(group);
  }

  function removeFromBoth(key: string): void {
    remove(young, key);
    remove(old, key);
  }

  function set(key: string, value: TValue): void {
    removeFromBoth(key);
    if (young.values.size >= half) {
      old = young;
      young = createGeneration();
    }
    young.values.set(key, value);
    const group = groupOf?.(value);
    if (group === undefined) return;
    const keys = young.groups.get(group);
    if (keys === undefined) young.groups.set(group, new Set([key]));
    else keys.add(key);
  }

  return {
    get(key) {
      const value = young.values.get(key);
      if (value !== undefined) return value;
      const older = old.values.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete: removeFromBoth,
    clear() {
      young = createGeneration();
      old = createGeneration();
    },
    keysOf: (group) => [...(young.groups.get(group) ?? []), ...(old.groups.get(group) ?? [])],
  };
}
