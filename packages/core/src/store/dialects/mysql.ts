import { sql, type Kysely, type RawBuilder } from 'kysely';
import { compileSql } from '../compiled-query.ts';
import type { Dialect } from '../dialect.ts';
import { createCounterOrder } from '../order/counters.ts';
import { ask } from '../steps.ts';
import { hasErrorCode } from './error-code.ts';
import { describeParts, type TablePart } from './table-description.ts';

const onExisting = (): RawBuilder<unknown> => sql`on duplicate key update`;
const inserted = (column: string): RawBuilder<unknown> => sql`values(${sql.ref(column)})`;

export const mysql: Dialect = {
  name: 'mysql',
  isRemote: true,
  readsSnapshots: true,
  locksKept: true,
  returnsDeleted: false,
  deletesInSteps: true,
  onExisting,
  inserted,
  maxListedIds: Infinity,
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
  // A row of the user's own: a lock on the sessions would be a gap lock for a user without any, which two may hold.
  lock: ({ revocations, userId }) =>
    sql`insert into ${sql.table(revocations)} (user_id) values (${userId}) on duplicate key update user_id = user_id`,
  // Whatever the default: a snapshot from before the lock was granted would be stale.
  isolation: 'read committed',
  ignoreExisting: (key) => sql`on duplicate key update ${sql.ref(key)} = ${sql.ref(key)}`,
  createOrder(db, tables) {
    // A free one, so that no revocation waits for another user's open transaction.
    const findFree = compileSql<object, { slot: number }>(
      db,
      () => sql`select slot from ${sql.table(tables.positions)} order by slot limit 1 for update skip locked`,
    );
    return createCounterOrder(db, tables, {
      *pickCounter() {
        const { rows } = yield* ask(findFree({}));
        return rows[0]?.slot ?? 0;
      },
      onExisting,
      inserted,
    });
  },
  positions: 32,
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
  isFull: (error) => hasErrorCode(error, 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL'),
  isForeignKeyViolation: (error) => hasErrorCode(error, 'ER_NO_REFERENCED_ROW', 'ER_NO_REFERENCED_ROW_2'),
};

/** Asks a server whether it is MariaDB or MySQL: its URL does not show it. */
export async function isMariadb<TDatabase>(db: Kysely<TDatabase>): Promise<boolean> {
  const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
  return /mariadb/i.test(rows[0]?.version ?? '');
}
