/**
 * Returns the same value for equal texts, such as one copy of a text that many objects have. It remembers the `max` texts used last,
 * or half of them: for a text that it has forgotten, the value is made once more. A list in order of use would cost a write each time.
 */
export function createTextPool<TValue>(max: number, valueOf: (text: string) => TValue): (text: string) => TValue {
  let young = new Map<string, TValue>();
  let old = new Map<string, TValue>();
  return (text) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    const kept = old.get(text) ?? valueOf(text);
    if (young.size >= max / 2) {
      old = young;
      young = new Map();
    }
    young.set(text, kept);
    return kept;
  };
}
