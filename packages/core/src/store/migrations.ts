import type { Kysely } from 'kysely';
import { Migrator, type Migration, type MigrationResult } from 'kysely/migration';
import { requireKnownOptions } from '../known-options.ts';
import { detectDialect } from './detect-dialect.ts';
import { defaultTable, parseTableName } from './table-name.ts';

/** The options of {@link createMigrations} and {@link migrateToLatest}. */
export interface MigrationOptions {
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. On MySQL, that is another database; SQLite has none.
   * @defaultValue `'sessions'`
   */
  readonly table?: string | undefined;
}

const known = { table: true } as const;

/**
 * Returns the migrations that create the sessions table, to run among your own with your own `Migrator` or with
 * kysely-ctl. A migrator requires that each new name sorts after those that have run: so give each of ours a name, or a
 * file, of your own. Ours never change once released. With `allowUnorderedMigrations`, all may keep our names:
 * `{ ...ownMigrations, ...createMigrations() }`.
 *
 * @throws {TypeError} an option is unknown
 * @throws {RangeError} `table` is not a name
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
  requireKnownOptions('createMigrations', options, known);
  // A wrong name throws here, before a migrator runs.
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
        // For a user's list and cap, and for purging expired and idle sessions.
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
 * Brings the sessions table up to date with Kysely's own `Migrator`. Its log is a table of its own, apart from that of
 * your migrations: `trpc_sessions_migration`, or `<table>_migrated` for a table of another name. It creates a schema
 * that does not exist.
 *
 * @returns the migrations that ran: empty if the table was up to date
 * @throws {TypeError} an option is unknown
 * @throws {RangeError} `table` is not a name, or has a schema on SQLite
 * @throws the database's own error
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
  requireKnownOptions('migrateToLatest', options, known);
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

/** The log of a table's migrations. For the longest table name, with `_lock`, it fits PostgreSQL's 63 characters. */
function logOf(table: string): string {
  return table === defaultTable ? 'trpc_sessions_migration' : `${table}_migrated`;
}
