import { migrateToLatest } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

/** A migrated database, as bytes to open copies of: to migrate takes longer than most tests. */
let migrated: Buffer | undefined;

/** Opens a migrated and empty database in memory. */
export async function createMigratedDatabase(): Promise<Kysely<object>> {
  if (migrated === undefined) {
    const database = new SqliteDatabase(':memory:');
    await migrateToLatest(new Kysely<object>({ dialect: new SqliteDialect({ database }) }));
    migrated = database.serialize();
  }
  return new Kysely<object>({ dialect: new SqliteDialect({ database: new SqliteDatabase(migrated) }) });
}
