import { isStatement } from '../statement-mark.ts';

/**
 * Prepares a statement that is kept. After `analyze`, SQLite would plan a statement of ours again at each run, for its plan might depend
 * on the new values. A `+` before a parameter hides its value from the planner, and changes nothing else.
 *
 * @see https://www.sqlite.org/c3ref/prepare.html
 */
export function prepareToKeep<TStatement>(
  database: { readonly prepare: (sql: string) => TStatement },
  sql: string,
): TStatement {
  // Our texts have question marks only as parameters.
  return database.prepare(isStatement(sql) ? sql.replaceAll('?', '+?') : sql);
}
