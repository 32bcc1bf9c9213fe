import type { Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationResult } from 'kysely/migration';
import { detectDialect } from './detect-dialect.ts';
import { defaultTable, parseTableName } from './table-name.ts';

/** Where the migrations put the table. */
export interface MigrationOptions {
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. On MySQL, that is another database; SQLite has none.
   * @defaultValue `'sessions'`
   */
  readonly table?: string;
}

/**
 * The migrations that make the sessions table, to run among your own, with your own `Migrator` or with kysely-ctl. A
 * migrator wants each new name to sort after those that have run: so give each of ours a name, or a file, of your own.
 * Ours never change once released. Where your migrator has `allowUnorderedMigrations`, all may keep our names:
 * `{ ...ownMigrations, ...createMigrations() }`.
 *
 * @example
 * ```ts
 * // migrations/2026-11-23_sessions.ts
 * import { createMigrations } from '@trpc-sessions/core';
 *
 * export const { up, down } = createMigrations().trpc_sessions_0001_sessions;
 * ```
 */
export function createMigrations(options: MigrationOptions = {}): Record<'trpc_sessions_0001_sessions', Migration> {
  // Asked for a table that can be nowhere, it says so before a migrator runs.
  parseTableName(options.table);
  const at = <TDatabase>(db: Kysely<TDatabase>): { readonly table: string; readonly builder: SchemaBuilder } => {
    const { schema, table } = parseTableName(options.table, detectDialect(db).name);
    const plain = db.withoutPlugins();
    return { table, builder: (schema === undefined ? plain : plain.withSchema(schema)).schema };
  };

  return {
    trpc_sessions_0001_sessions: {
      async up(db) {
        const { table, builder } = at(db);
        const columns = await detectDialect(db).columns(db.withoutPlugins());
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
        const { table, builder } = at(db);
        await builder.dropTable(table).execute();
      },
    },
  };
}

type SchemaBuilder = Kysely<unknown>['schema'];

/** {@link createMigrations} for the default table. */
export const migrations: ReturnType<typeof createMigrations> = createMigrations();

/**
 * Brings the sessions table up to date, through Kysely's own `Migrator`. It keeps its own log, beside the table, so that
 * it never meets your migrations: in the table `trpc_sessions_migration`, or in one named after a table of another name. A
 * schema that is not there is made.
 *
 * @returns what was run: empty when there was nothing to do
 * @throws {RangeError} `table` is no name, or has a schema on SQLite
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
  const dialect = detectDialect(db);
  const { schema, table } = parseTableName(options.table, dialect.name);
  const log = logOf(table);
  return dialect.migrate(db.withoutPlugins(), async (connection) => {
    const logSchema = schema ?? (await dialect.schemaOf(connection, log));
    const migrator = new Migrator({
      db: connection,
      provider: { getMigrations: () => Promise.resolve(createMigrations(options)) },
      migrationTableName: log,
      migrationLockTableName: `${log}_lock`,
      ...(logSchema !== undefined && { migrationTableSchema: logSchema }),
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
    return results ?? [];
  });
}

/** The log of a table's migrations. With the longest table and `_lock`, it still is a name: PostgreSQL's have 63 characters. */
function logOf(table: string): string {
  return table === defaultTable ? 'trpc_sessions_migration' : `${table}_migrated`;
}
