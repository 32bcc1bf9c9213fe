import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.ts';
import { hasErrorCode } from './error-code.ts';
import { describeParts, type TablePart } from './table-description.ts';

/** In seconds. A flood of sign-ins of one user takes less. */
const lockTimeout = 30;

export const mysql: Dialect = {
  name: 'mysql',
  isRemote: true,
  readsSnapshots: true,
  returnsDeleted: false,
  async columns(db) {
    // Without padding: 'ada' and 'ada ' are two users. MySQL and MariaDB each have their own name for this collation.
    const collation = (await isMariadb(db)) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
    return {
      id: sql`varchar(32) character set ascii collate ascii_bin`,
      userId: sql`varchar(255) character set utf8mb4 collate ${sql.raw(collation)}`,
      ip: sql`varchar(45) character set ascii`,
      text: sql`text character set utf8mb4`,
      time: sql`datetime(3)`,
    };
  },
  writeTime: (milliseconds) => new Date(milliseconds).toISOString().slice(0, -1).replace('T', ' '),
  readTime: (column) => sql<number>`timestampdiff(microsecond, '1970-01-01', ${sql.ref(column)}) div 1000`,
  lock: ({ table, userId }) => sql`select id from ${sql.table(table)} where user_id = ${userId} for update`,
  withUserLock: (db, lock, work) =>
    // A named lock comes first: InnoDB's gap locks on a user without sessions would admit every transaction, then deadlock.
    db.connection().execute(async (connection) => {
      // The locks are the server's: named by the database too, so that no two apps share them.
      const table = lock.table.includes('.') ? sql`${lock.table}` : sql`concat(database(), '.', ${lock.table})`;
      const name = sql`concat('trpc-sessions:', sha1(concat(${table}, ':', ${lock.userId})))`;
      const { rows } = await sql<{
        locked: unknown;
      }>`select get_lock(${name}, ${sql.lit(lockTimeout)}) as locked`.execute(connection);
      if (Number(rows[0]?.locked) !== 1)
        throw new Error(`the sessions of a user were locked for ${lockTimeout} seconds`);
      const release = () => sql`select release_lock(${name})`.execute(connection);
      try {
        const result = await connection
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (trx) => {
            await mysql.lock(lock).execute(trx);
            return work(trx);
          });
        await release();
        return result;
      } catch (error) {
        // The first error is the one that says why.
        await release().catch(() => {});
        throw error;
      }
    }),
  describeTable(db, { schema, table }) {
    const home = schema === undefined ? sql`database()` : sql`${schema}`;
    return describeParts(
      db,
      sql<TablePart>`
        select 'column' as kind, column_name as name from information_schema.columns
        where table_schema = ${home} and table_name = ${table}
        union
        select 'index', index_name from information_schema.statistics
        where table_schema = ${home} and table_name = ${table}
      `,
    );
  },
  async schemaExists(db, schema) {
    const { rows } = await sql`select 1 from information_schema.schemata where schema_name = ${schema}`.execute(db);
    return rows.length > 0;
  },
  migrate: (db, work) => work(db),
  schemaOf: () => Promise.resolve(undefined),
  isConflict: (error) => hasErrorCode(error, 'ER_LOCK_DEADLOCK'),
  isForeignKeyViolation: (error) => hasErrorCode(error, 'ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2'),
};

/** Asks a server whether it is MariaDB or MySQL: its URL does not show it. */
export async function isMariadb<TDatabase>(db: Kysely<TDatabase>): Promise<boolean> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  return /mariadb/i.test(rows[0]?.version ?? '');
}
