import type { Migrator } from 'kysely/migration';

/** Loads Kysely's migrator: since 0.29 it is in a subpath, which 0.28 does not have. */
export async function loadMigrator(): Promise<typeof Migrator> {
  // For a module that is missing, bundlers accept an `import()` in a `try`.
  try {
    return (await import('kysely/migration')).Migrator;
  } catch (error) {
    const { Migrator: ofRoot }: { readonly Migrator?: unknown } = await import('kysely');
    if (ofRoot === undefined) throw error;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that of 0.28, which has the same types
    return ofRoot as typeof Migrator;
  }
}
