/**
 * Returns one copy of each text, so that equal texts of many objects take memory once. It remembers the `max` texts used
 * last, or half of them: a text that it has forgotten is only one more copy.
 */
export function createTextPool(max: number): (text: string) => string {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return (text) => {
    const known = young.get(text);
    if (known !== undefined) return known;
    const kept = old.get(text) ?? text;
    if (young.size >= max / 2) {
      old = young;
      young = new Map();
    }
    young.set(kept, kept);
    return kept;
  };
}
