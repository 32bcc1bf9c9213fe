import { sql, type Kysely } from 'kysely';
import type { Dialect } from './dialect.ts';
import { hasTransactions } from './interactive-transactions.ts';
import { plainDatabase } from './plain-database.ts';

const warned = new WeakSet<object>();

/** Warns once if a Kysely has SQLite in a mode in which requests wait for each other. The mode is the app's to change. */
export async function warnOfJournal<TDatabase>(db: Kysely<TDatabase>, dialect: Dialect): Promise<void> {
  // A database behind HTTP, such as D1, has a mode of its own.
  if (warned.has(db) || dialect.name !== 'sqlite' || !(await hasTransactions(db))) return;
  const { rows } = await sql<{ journal_mode: unknown }>`pragma journal_mode`.execute(plainDatabase(db));
  if (rows[0]?.journal_mode !== 'delete') return;
  warned.add(db);
  process.emitWarning(
    'trpc-sessions: SQLite is not in WAL mode, so look-ups and writes wait for each other: run "pragma journal_mode = wal" once',
  );
}
