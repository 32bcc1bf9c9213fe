import type { Kysely } from 'kysely';
import { kyselyOf, type AppDatabase } from '../drivers/app-database.ts';
import { requireKnownOptions } from '../known-options.ts';
import { detectDialect } from './detect-dialect.ts';
import { hasTransactions } from './interactive-transactions.ts';
import { createSessionsTable } from './migrations/0001-sessions.ts';
import { createRevocationTables } from './migrations/0002-revocations.ts';
import { addSessionDetails } from './migrations/0003-session-details.ts';
import { createAttemptsTable } from './migrations/0004-sign-in-attempts.ts';
import { createHistoryTable } from './migrations/0005-session-history.ts';
import { loadMigrator } from './migrations/load-migrator.ts';
import { findLog, hasRun, lockOf, withLogIntrospection } from './migrations/log.ts';
import type { MigrationResult, SessionsMigration } from './migrations/migration.ts';
import { retryConflicts, withoutMigrationLock } from './migrations/without-lock.ts';
import { plainDatabase } from './plain-database.ts';
import type { SessionsDatabase } from './schema.ts';
import { parseTableName } from './table-name.ts';
import { warnOfJournal } from './warn-of-journal.ts';

/** The options of {@link createMigrations} and {@link migrateToLatest}. */
export interface MigrationOptions {
  /**
   * The table, with its schema if it has one: `'auth.sessions'`. On MySQL, that is another database; SQLite has none.
   * @defaultValue `'sessions'`
   */
  readonly table?: string | undefined;
}

const known = { table: true } as const;

/** The names of our migrations, in their order. */
export type MigrationName =
  | 'trpc_sessions_0001_sessions'
  | 'trpc_sessions_0002_revocations'
  | 'trpc_sessions_0003_session_details'
  | 'trpc_sessions_0004_sign_in_attempts'
  | 'trpc_sessions_0005_session_history';

/**
 * Returns the migrations that create our tables, to run among your own with your own `Migrator` or with
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
export function createMigrations(options: MigrationOptions = {}): Record<MigrationName, SessionsMigration> {
  requireKnownOptions('createMigrations', options, known);
  // A wrong name throws here, before a migrator runs.
  parseTableName(options.table);
  return {
    trpc_sessions_0001_sessions: createSessionsTable(options.table),
    trpc_sessions_0002_revocations: createRevocationTables(options.table),
    trpc_sessions_0003_session_details: addSessionDetails(options.table),
    trpc_sessions_0004_sign_in_attempts: createAttemptsTable(options.table),
    trpc_sessions_0005_session_history: createHistoryTable(options.table),
  };
}

/** {@link createMigrations} for the default table. */
export const migrations: ReturnType<typeof createMigrations> = createMigrations();

/**
 * Brings the sessions table, and the tables beside it, up to date with Kysely's own `Migrator`. Its log is a table of its
 * own, apart from that of your migrations: `trpc_sessions_migration`, or `<table>_migrated` for a table of another name. It
 * creates a schema that does not exist.
 *
 * @param database - the `db` of `createSessionManager`
 * @returns the migrations that ran: empty if the table was up to date
 * @throws {TypeError} an option is unknown, or the database is of another kind
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
  database: AppDatabase<TDatabase>,
  options: MigrationOptions = {},
): Promise<readonly MigrationResult[]> {
  requireKnownOptions('migrateToLatest', options, known);
  const db = kyselyOf('migrateToLatest', database);
  const results = await migrate(db, options);
  await warnOfJournal(db, detectDialect(db));
  return results;
}

/** {@link migrateToLatest} for the command line, which is no app. */
export async function migrate<TDatabase>(
  db: Kysely<TDatabase>,
  options: MigrationOptions,
): Promise<readonly MigrationResult[]> {
  const dialect = detectDialect(db);
  const name = parseTableName(options.table, dialect.name);
  const plain = plainDatabase(db);
  const ours = createMigrations(options);
  const log = await findLog(plain, dialect, name);
  const isUpToDate = (on: Kysely<SessionsDatabase>): Promise<boolean> => hasRun(on, dialect, log, Object.keys(ours));
  if (await isUpToDate(plain)) return [];
  const Migrator = await loadMigrator();
  /** An attempt that fails may have done some: without transactions, they stay done. */
  const done: MigrationResult[] = [];

  /** Runs the migrations that have not run yet. Another process may do the same: its work counts as done. */
  async function run(on: Kysely<SessionsDatabase>, { disableTransactions = false } = {}) {
    const migrator = new Migrator({
      db: withLogIntrospection(on, dialect, log),
      provider: { getMigrations: () => Promise.resolve(ours) },
      migrationTableName: log.table,
      migrationLockTableName: lockOf(log),
      disableTransactions,
      ...(log.schema !== undefined && { migrationTableSchema: log.schema }),
    });
    const { error, results = [] } = await migrator.migrateToLatest();
    done.push(...results.filter(({ status }) => status === 'Success'));
    if (error === undefined) return done;
    // A newer release may have migrated meanwhile. The migrator refuses a log with names that it does not know.
    if (await isUpToDate(on).catch(() => false)) return done;
    throw error;
  }

  if (await hasTransactions(plain)) return dialect.migrate(plain, run);
  const unlocked = withoutMigrationLock(plain);
  return retryConflicts(() => run(unlocked, { disableTransactions: true }));
}
