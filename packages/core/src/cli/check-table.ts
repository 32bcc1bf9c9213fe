import { sql, type Kysely } from 'kysely';
import { columnNames } from '../store/columns.ts';
import type { SessionsDatabase } from '../store/schema.ts';

/**
 * Checks that a table has all columns of the sessions table. A mistyped `--table` may name a table of the app, whose rows
 * `purge` and `revoke` would delete if it had only the few columns of their queries.
 *
 * @throws whatever the database throws: a column, or the table, does not exist
 */
export async function checkTable(db: Kysely<SessionsDatabase>, table: string): Promise<void> {
  // With the table's name: SQLite may read a quoted name alone as a text.
  const names = columnNames.map((column) => sql.ref(`${table}.${column}`));
  await sql`select ${sql.join(names)} from ${sql.table(table)} where 1 = 0`.execute(db);
}
