import type { Kysely } from 'kysely';
import type { SessionsDatabase } from './schema.ts';

/**
 * Returns the app's database as our SQL needs it. An app's plugins may rename our columns, and its types may know the
 * sessions table by such names, or not at all.
 */
export function plainDatabase<TDatabase>(db: Kysely<TDatabase>): Kysely<SessionsDatabase> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return db.withoutPlugins() as unknown as Kysely<SessionsDatabase>;
}
