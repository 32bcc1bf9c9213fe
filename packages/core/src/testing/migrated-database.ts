import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { migrateToLatest } from '../store/migrations.ts';
import type { SessionsDatabase } from '../store/schema.ts';

/** A migrated database, as bytes to open copies of: to migrate takes longer than most tests. */
let migrated: Buffer | undefined;

/** Opens a migrated and empty database in memory. */
export async function openMigratedSqlite(): Promise<SqliteDatabase.Database> {
  if (migrated === undefined) {
    const database = new SqliteDatabase(':memory:');
    await migrateToLatest(new Kysely<object>({ dialect: new SqliteDialect({ database }) }));
    migrated = database.serialize();
  }
  return new SqliteDatabase(migrated);
}

/** The same with Kysely. */
export async function createMigratedDatabase(): Promise<Kysely<SessionsDatabase>> {
  return new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: await openMigratedSqlite() }) });
}
