import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from '../dialect.ts';
import { createCounterOrder } from '../order/counters.ts';
import { hasErrorCode } from './error-code.ts';
import { describeParts, type TablePart } from './table-description.ts';

let lastMigration: Promise<unknown> = Promise.resolve();

/** Runs the migrations of a process one at a time. */
function inTurn<TResult>(migrate: () => Promise<TResult>): Promise<TResult> {
  const result = lastMigration.then(migrate);
  lastMigration = result.catch(() => {});
  return result;
}

/** Commits. A driver over HTTP, such as libSQL's, ends a raw transaction with its statement: all others have committed. */
async function commit<TDatabase>(connection: Kysely<TDatabase>): Promise<void> {
  try {
    await sql`commit`.execute(connection);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('no transaction is active'))) throw error;
  }
}

const onExisting = (key: string): RawBuilder<unknown> => sql`on conflict (${sql.ref(key)}) do update set`;
const inserted = (column: string): RawBuilder<unknown> => sql`excluded.${sql.ref(column)}`;

export const sqlite: Dialect = {
  name: 'sqlite',
  isRemote: false,
  readsSnapshots: false,
  locksKept: false,
  returnsDeleted: true,
  deletesInSteps: true,
  onExisting,
  inserted,
  // A long list takes longer to prepare than one JSON text. Cloudflare D1 takes 100 parameters a statement.
  maxListedIds: 16,
  columns: () => Promise.resolve({ id: 'text', userId: 'text', ip: 'text', text: 'text', time: 'integer' }),
  writeTime: (milliseconds) => milliseconds,
  readTime: (column) => sql<number>`${sql.ref(column)}`,
  // SQLite has one writer. A write that changes nothing makes this transaction the writer before it reads.
  lock: ({ sessions }) => sql`delete from ${sql.table(sessions)} where 1 = 0`,
  isolation: undefined,
  // One writer, so one counter.
  createOrder: (db, tables) =>
    createCounterOrder(db, tables, {
      // oxlint-disable-next-line require-yield -- it asks nothing
      *pickCounter() {
        return 0;
      },
      onExisting,
      inserted,
    }),
  ignoreExisting: () => sql`on conflict do nothing`,
  positions: 1,
  describeTable: (db, { table }) =>
    describeParts(
      db,
      sql<TablePart>`
        select 'column' as kind, name from pragma_table_info(${table})
        union all
        select 'index', name from sqlite_master where type = 'index' and tbl_name = ${table} collate nocase
      `,
    ),
  schemaExists: () => Promise.resolve(false),
  migrate(db, work) {
    if (db.isTransaction) return work(db);
    return db.connection().execute((connection) =>
      // better-sqlite3 blocks the process while it waits for a lock, and so the connection that holds it.
      inTurn(async () => {
        await sql`begin immediate`.execute(connection);
        try {
          const result = await work(connection);
          await commit(connection);
          return result;
        } catch (error) {
          // The first error is the one that says why.
          await sql`rollback`.execute(connection).catch(() => {});
          throw error;
        }
      }),
    );
  },
  schemaOf: () => Promise.resolve(undefined),
  isConflict: (error) => hasErrorCode(error, 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT'),
  isFull: (error) => hasErrorCode(error, 'SQLITE_FULL'),
  // The message is SQLite's own, and that of the guide's trigger. Each driver has another code for it.
  isForeignKeyViolation: (error) => error instanceof Error && error.message.includes('FOREIGN KEY constraint failed'),
};
