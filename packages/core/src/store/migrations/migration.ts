import type { Kysely } from 'kysely';

// Kysely 0.29 moved these types to a subpath, which 0.28 does not have. So they are our own.

/** A migration, as Kysely's `Migrator` takes it. */
export interface SessionsMigration {
  up<TDatabase>(db: Kysely<TDatabase>): Promise<void>;
  down<TDatabase>(db: Kysely<TDatabase>): Promise<void>;
}

/** A migration that ran, as Kysely's `Migrator` reports it. */
export interface MigrationResult {
  readonly migrationName: string;
  readonly direction: 'Up' | 'Down';
  readonly status: 'Success' | 'Error' | 'NotExecuted';
}
