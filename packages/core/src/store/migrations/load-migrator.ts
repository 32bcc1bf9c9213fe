import * as kysely from 'kysely';
import type { Migrator } from 'kysely/migration';

/** Loads Kysely's migrator: since 0.29 it is in a subpath, which 0.28 does not have. */
export async function loadMigrator(): Promise<typeof Migrator> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion, import/namespace -- that of 0.28, which has the same types
  if ('Migrator' in kysely) return kysely.Migrator as unknown as typeof Migrator;
  return (await import('kysely/migration')).Migrator;
}
