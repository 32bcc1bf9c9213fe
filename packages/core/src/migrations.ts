import type { Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationResult } from 'kysely/migration';
import { dialectOf } from './dialect.ts';
import { parseTableName } from './table.ts';

/** Where the migrations put the table. */
export interface MigrationOptions {
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. The schema must exist.
   * @defaultValue `'sessions'`
   */
  readonly table?: string;
}

/**
 * The migrations that make the sessions table, to run with your own `Migrator` or with kysely-ctl beside your own.
 * Their names sort, and never change once released.
 *
 * @example
 * ```ts
 * import { createMigrations } from '@trpc-sessions/core';
 * import { Migrator } from 'kysely/migration';
 *
 * const migrator = new Migrator({
 *   db,
 *   provider: { getMigrations: async () => ({ ...ownMigrations, ...createMigrations() }) },
 * });
 * ```
 */
export function createMigrations(options: MigrationOptions = {}): Record<string, Migration> {
  const { schema, table } = parseTableName(options.table);
  const schemaOf = <TDatabase>(db: Kysely<TDatabase>): Kysely<TDatabase>['schema'] =>
    schema === undefined ? db.withoutPlugins().schema : db.withoutPlugins().withSchema(schema).schema;

  return {
    trpc_sessions_0001_sessions: {
      async up(db) {
        const columns = await dialectOf(db).columns(db.withoutPlugins());
        const builder = schemaOf(db);
        await builder
          .createTable(table)
          .addColumn('id', columns.id, (column) => column.notNull().primaryKey())
          .addColumn('user_id', columns.userId, (column) => column.notNull())
          .addColumn('created_at', columns.time, (column) => column.notNull())
          .addColumn('last_seen_at', columns.time, (column) => column.notNull())
          .addColumn('expires_at', columns.time, (column) => column.notNull())
          .addColumn('ip', columns.ip)
          .addColumn('created_ip', columns.ip)
          .addColumn('user_agent', columns.text)
          .addColumn('device', columns.text, (column) => column.notNull())
          .execute();
        // A user's list and cap; and the two ways of having expired, for purging.
        for (const column of ['user_id', 'expires_at', 'last_seen_at']) {
          await builder.createIndex(`${table}_${column}`).on(table).column(column).execute();
        }
      },
      async down(db) {
        await schemaOf(db).dropTable(table).execute();
      },
    },
  };
}

/** {@link createMigrations} for the default table. */
export const migrations: Record<string, Migration> = createMigrations();

/**
 * Brings the sessions table up to date, through Kysely's own `Migrator`. It keeps its own log, in the table
 * `trpc_sessions_migration`, so that it never meets your migrations.
 *
 * @returns what was run: empty when there was nothing to do
 * @throws whatever the database threw
 *
 * @example
 * ```ts
 * import { migrateToLatest } from '@trpc-sessions/core';
 *
 * await migrateToLatest(db);
 * ```
 */
export async function migrateToLatest<TDatabase>(
  db: Kysely<TDatabase>,
  options: MigrationOptions = {},
): Promise<readonly MigrationResult[]> {
  const { schema } = parseTableName(options.table);
  return dialectOf(db).migrate(db.withoutPlugins(), async (connection) => {
    const migrator = new Migrator({
      db: connection,
      provider: { getMigrations: () => Promise.resolve(createMigrations(options)) },
      migrationTableName: 'trpc_sessions_migration',
      migrationLockTableName: 'trpc_sessions_migration_lock',
      ...(schema !== undefined && { migrationTableSchema: schema }),
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return results ?? [];
  });
}
