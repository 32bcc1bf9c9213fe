import { sql, type Kysely } from 'kysely';
import type { SessionsDatabase, SessionsTable } from '../store/schema.ts';

const columns = Object.keys({
  id: true,
  user_id: true,
  created_at: true,
  last_seen_at: true,
  expires_at: true,
  ip: true,
  created_ip: true,
  user_agent: true,
  device: true,
} satisfies Record<keyof SessionsTable, true>);

/**
 * Checks that a table has all columns of the sessions table. A mistyped `--table` may name a table of the app, whose rows
 * `purge` and `revoke` would delete if it had only the few columns of their queries.
 *
 * @throws whatever the database throws: a column, or the table, does not exist
 */
export async function checkTable(db: Kysely<SessionsDatabase>, table: string): Promise<void> {
  // With the table's name: SQLite may read a quoted name alone as a text.
  const names = columns.map((column) => sql.ref(`${table}.${column}`));
  await sql`select ${sql.join(names)} from ${sql.table(table)} where 1 = 0`.execute(db);
}
