import { sharedByCopies } from '../shared-by-copies.ts';

/** The rows that statements gave which are prepared once. A Kysely passes them on as they are, and shows nothing else of its driver. */
const answers = sharedByCopies('reused-answers', () => new WeakSet<object>());

export function markReused<TRows extends object>(rows: TRows): TRows {
  answers.add(rows);
  return rows;
}

/** Answers whether rows came from a statement that `reuseStatements` keeps: then a query alone is fast. */
export function isReused(rows: object): boolean {
  return answers.has(rows);
}
