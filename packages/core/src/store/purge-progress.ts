import type { PurgedChunk } from './store.ts';

/** How often the same rows may be found again after a delete: then the database forbids it. */
const maxRepeats = 3;

/**
 * Creates a check of each chunk of one purge. Rows that another process deletes first are not found again; rows that a trigger
 * or a policy protects are.
 *
 * @param problem - the message of the error that it throws
 */
export function createProgressCheck(problem: string): (chunk: PurgedChunk) => void {
  let before: ReadonlySet<string> = new Set();
  let repeats = 0;
  return ({ ids, deleted }) => {
    const isRepeated = deleted === 0 && ids.some((id) => before.has(id));
    repeats = isRepeated ? repeats + 1 : 0;
    if (repeats === maxRepeats) throw new Error(problem);
    before = new Set(ids);
  };
}
