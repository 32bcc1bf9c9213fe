import { sql } from 'kysely';
import type { Dialect } from '../dialect.ts';
import { hasErrorCode } from './error-code.ts';

export const sqlite: Dialect = {
  name: 'sqlite',
  isRemote: false,
  readsSnapshots: false,
  columns: () => Promise.resolve({ id: 'text', userId: 'text', ip: 'text', text: 'text', time: 'integer' }),
  writeTime: (milliseconds) => milliseconds,
  readTime: (column) => sql<number>`${sql.ref(column)}`,
  // SQLite has one writer. A write that changes nothing makes this transaction the writer before it reads.
  lock: ({ table }) => sql`delete from ${sql.table(table)} where 1 = 0`,
  withUserLock: (db, lock, work) =>
    db.transaction().execute(async (trx) => {
      await sqlite.lock(lock).execute(trx);
      return work(trx);
    }),
  migrate(db, work) {
    if (db.isTransaction) return work(db);
    return db.connection().execute(async (connection) => {
      await sql`begin immediate`.execute(connection);
      try {
        const result = await work(connection);
        await sql`commit`.execute(connection);
        return result;
      } catch (error) {
        await sql`rollback`.execute(connection);
        throw error;
      }
    });
  },
  schemaOf: () => Promise.resolve(undefined),
  isConflict: (error) => hasErrorCode(error, 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT'),
};
