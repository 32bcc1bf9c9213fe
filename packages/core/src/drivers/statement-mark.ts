/**
 * Ends the text of each statement of ours, so that the wrappers of drivers recognise it: they receive only the text. A comment
 * also works where the package is loaded twice, as an ES module and as CommonJS.
 */
export const statementMark = ' /* trpc-sessions */';
/** Ends the text of a statement that finds one row at most. */
export const oneRowMark = ' /* one row */ /* trpc-sessions */';

/** Answers whether a query is a statement of ours. Its text comes again, unlike those of most queries of an app: it is worth preparing. */
export function isStatement(text: string): boolean {
  return text.endsWith(statementMark);
}

/** Answers whether a query is a statement of ours that finds one row at most. */
export function findsOne(text: string): boolean {
  return text.endsWith(oneRowMark);
}
