/** A value of a {@link GenerationalMap}: the values of a group are linked to each other. */
export interface Linked<TValue> {
  next: TValue | undefined;
  previous: TValue | undefined;
}

/** A bounded map that keeps the values used last. */
export interface GenerationalMap<TKey, TValue> {
  get(key: TKey): TValue | undefined;
  set(key: TKey, value: TValue): void;
  /** The values of a group: all of them that `get` can still return. */
  ofGroup(group: string): TValue[];
}

/** The values that were set or used in the same period. */
interface Generation<TKey, TValue> {
  readonly values: Map<TKey, TValue>;
  /** The first value of each group: a list costs less memory than a set. */
  readonly groups: Map<string, TValue>;
}

const createGeneration = <TKey, TValue>(): Generation<TKey, TValue> => ({ values: new Map(), groups: new Map() });

/**
 * Keeps the `max / 2` values used last, and at most `max`, in two generations. The older is dropped as a whole when the
 * younger is full. So a value in use costs one look-up. A list in order of use would cost a write each time. The
 * values of a group are found without reading all values.
 */
export function createGenerationalMap<TKey, TValue extends Linked<TValue>>(
  max: number,
  groupOf: (value: TValue) => string,
): GenerationalMap<TKey, TValue> {
  const half = Math.max(1, Math.floor(max / 2));
  let young = createGeneration<TKey, TValue>();
  let old = createGeneration<TKey, TValue>();

  function remove({ values, groups }: Generation<TKey, TValue>, key: TKey): void {
    const value = values.get(key);
    if (value === undefined) return;
    values.delete(key);
    const { next, previous } = value;
    if (previous !== undefined) previous.next = next;
    else if (next !== undefined) groups.set(groupOf(value), next);
    else groups.delete(groupOf(value));
    if (next !== undefined) next.previous = previous;
    value.next = undefined;
    value.previous = undefined;
  }

  function set(key: TKey, value: TValue): void {
    remove(young, key);
    remove(old, key);
    if (young.values.size >= half) {
      old = young;
      young = createGeneration();
    }
    young.values.set(key, value);
    const group = groupOf(value);
    const first = young.groups.get(group);
    young.groups.set(group, value);
    if (first === undefined) return;
    value.next = first;
    first.previous = value;
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
    ofGroup(group) {
      const found: TValue[] = [];
      for (const { groups } of [young, old]) {
        for (let value = groups.get(group); value !== undefined; value = value.next) found.push(value);
      }
      return found;
    },
  };
}
