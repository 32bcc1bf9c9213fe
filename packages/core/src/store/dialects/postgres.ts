import { sql } from 'kysely';
import type { Dialect } from '../dialect.ts';
import { createTransactionOrder } from '../order/transactions.ts';
import { hasErrorCode } from './error-code.ts';
import { describeParts, type TablePart } from './table-description.ts';

/** Seeds the hash of a user id, so that our advisory locks differ from an app's own. */
const lockSeed = 7_367_325;

export const postgres: Dialect = {
  name: 'postgres',
  isRemote: true,
  readsSnapshots: false,
  locksKept: true,
  returnsDeleted: true,
  deletesInSteps: false,
  onExisting: (key) => sql`on conflict (${sql.ref(key)}) do update set`,
  inserted: (column) => sql`excluded.${sql.ref(column)}`,
  maxListedIds: Infinity,
  columns: () =>
    Promise.resolve({
      id: sql`varchar(32) collate "C"`,
      userId: sql`varchar(255) collate "C"`,
      ip: 'varchar(45)',
      text: 'text',
      time: 'timestamptz(3)',
    }),
  writeTime: (milliseconds) => new Date(milliseconds).toISOString(),
  // `extract` calculates with decimals since PostgreSQL 14, which takes longer. `date_part` is not exact, so its result is rounded.
  readTime: (column) => sql<number>`round(date_part('epoch', ${sql.ref(column)}) * 1000)`,
  // The locks are the database's. Without the schema of the table, which processes may write in two ways.
  lock: ({ sessions, userId }) =>
    sql`select pg_advisory_xact_lock(hashtextextended(${`${sessions.split('.').at(-1)}:${userId}`}, ${sql.lit(lockSeed)}))`,
  // Whatever the default: a snapshot from before the lock was granted would be stale.
  isolation: 'read committed',
  createOrder: createTransactionOrder,
  ignoreExisting: () => sql`on conflict do nothing`,
  positions: 0,
  describeTable(db, { schema, table }) {
    const home = schema === undefined ? sql`current_schema()` : sql`${schema}::text`;
    const relation = sql`to_regclass(quote_ident(${home}) || '.' || quote_ident(${table}))`;
    return describeParts(
      db,
      sql<TablePart>`
        select 'column' as kind, attname::text as name from pg_catalog.pg_attribute
        where attrelid = ${relation} and attnum > 0 and not attisdropped
        union all
        select 'index', relname::text from pg_catalog.pg_class
        where oid in (select indexrelid from pg_catalog.pg_index where indrelid = ${relation})
      `,
    );
  },
  async schemaExists(db, schema) {
    const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${schema}`.execute(db);
    return rows.length > 0;
  },
  migrate: (db, work) => work(db),
  async schemaOf(db, table) {
    // The schema in which the search path finds the table, or would create it.
    const { rows } = await sql<{ schema: string | null }>`
      select coalesce(
        (
          select nspname from pg_catalog.pg_namespace as namespace
          join pg_catalog.pg_class as class on class.relnamespace = namespace.oid
          where class.oid = to_regclass(quote_ident(${table}))
        ),
        current_schema()
      ) as schema
    `.execute(db);
    return rows[0]?.schema ?? undefined;
  },
  // deadlock_detected, serialization_failure
  isConflict: (error) => hasErrorCode(error, '40P01', '40001'),
  // disk_full
  isFull: (error) => hasErrorCode(error, '53100'),
  isForeignKeyViolation: (error) => hasErrorCode(error, '23503'),
};
