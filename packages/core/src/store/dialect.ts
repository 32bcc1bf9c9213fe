import { sql, type ColumnDataType, type Kysely, type RawBuilder } from 'kysely';

/** The one place where databases differ. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  /** The column types of the sessions table. */
  columns<TDatabase>(db: Kysely<TDatabase>): Promise<ColumnTypes>;
  /** Milliseconds since 1970 -> what a time column takes, whatever the driver's and the connection's time zone. */
  readonly writeTime: (milliseconds: number) => string | number;
  /** A time column -> milliseconds since 1970, whatever the driver makes of its type. */
  readonly readTime: (column: string) => RawBuilder<number>;
  /** In a transaction: makes others that do the same for this user wait for its end. */
  lock(lock: UserLock): RawBuilder<unknown>;
  /** Runs a transaction that does so. */
  alone<TDatabase, TResult>(db: Kysely<TDatabase>, lock: UserLock, work: Work<TDatabase, TResult>): Promise<TResult>;
  /** Whether a transaction goes on reading what was there when it began, unless it locks what it reads. */
  readonly readsSnapshots: boolean;
  /** Whether a query waits for a server, so that one for many is faster than many. */
  readonly isRemote: boolean;
  /** Migrates while no other process does, where Kysely's own `Migrator` takes no lock. */
  migrate<TDatabase, TResult>(db: Kysely<TDatabase>, work: Work<TDatabase, TResult>): Promise<TResult>;
  /** The schema of a table that is named without one, where Kysely's `Migrator` would look for it in all of them. */
  schemaOf<TDatabase>(db: Kysely<TDatabase>, table: string): Promise<string | undefined>;
  /** Whether a write failed only because of another at the same moment, and was undone: it may be tried again. */
  isConflict(error: unknown): boolean;
}

/** Column types, byte-wise in their collation where texts are compared. */
export type ColumnTypes = Readonly<
  Record<'id' | 'userId' | 'ip' | 'text' | 'time', ColumnDataType | RawBuilder<unknown>>
>;

/** Whose sessions are locked, and where they are. */
export interface UserLock {
  readonly table: string;
  readonly userId: string;
}

type Work<TDatabase, TResult> = (trx: Kysely<TDatabase>) => Promise<TResult>;

const sqlite: Dialect = {
  name: 'sqlite',
  isRemote: false,
  readsSnapshots: false,
  columns: () => Promise.resolve({ id: 'text', userId: 'text', ip: 'text', text: 'text', time: 'integer' }),
  writeTime: (milliseconds) => milliseconds,
  readTime: (column) => sql<number>`${sql.ref(column)}`,
  // SQLite has one writer: a write that changes nothing makes it us, before anything is read.
  lock: ({ table }) => sql`delete from ${sql.table(table)} where 1 = 0`,
  alone: (db, lock, work) =>
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
  isConflict: (error) => hasCode(error, 'SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT'),
};

/** Keeps our advisory locks apart from an app's own: the seed of the hash that makes a number of a user id. */
const lockSeed = 7_367_325;

const postgres: Dialect = {
  name: 'postgres',
  isRemote: true,
  readsSnapshots: false,
  columns: () =>
    Promise.resolve({
      id: sql`varchar(32) collate "C"`,
      userId: sql`varchar(255) collate "C"`,
      ip: 'varchar(45)',
      text: 'text',
      time: 'timestamptz(3)',
    }),
  writeTime: (milliseconds) => new Date(milliseconds).toISOString(),
  readTime: (column) => sql<number>`(extract(epoch from ${sql.ref(column)}) * 1000)::float8`,
  lock: ({ userId }) => sql`select pg_advisory_xact_lock(hashtextextended(${userId}, ${sql.lit(lockSeed)}))`,
  alone: (db, lock, work) =>
    // Read committed, whatever the default: a snapshot from before the lock was granted would be a stale one.
    db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (trx) => {
        await postgres.lock(lock).execute(trx);
        return work(trx);
      }),
  migrate: (db, work) => work(db),
  async schemaOf(db, table) {
    // Where the search path finds it, or would have it made.
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
  isConflict: (error) => hasCode(error, '40P01', '40001'),
};

/** In seconds. Longer than a flood of sign-ins of one user takes. */
const lockTimeout = 30;

const mysql: Dialect = {
  name: 'mysql',
  isRemote: true,
  readsSnapshots: true,
  async columns(db) {
    const { rows } = await sql<{ version: string }>`select version() as version`.execute(db);
    // Without padding: 'ada' and 'ada ' are two users. MySQL and MariaDB each have their own name for it.
    const collation = /mariadb/i.test(rows[0]?.version ?? '') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
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
  alone: (db, lock, work) =>
    // Locked by name first: InnoDB's gap locks on a user without sessions would let all in, and then deadlock.
    db.connection().execute(async (connection) => {
      const name = sql`concat('trpc-sessions:', sha1(${lock.userId}))`;
      const { rows } = await sql<{
        locked: unknown;
      }>`select get_lock(${name}, ${sql.lit(lockTimeout)}) as locked`.execute(connection);
      if (Number(rows[0]?.locked) !== 1)
        throw new Error(`the sessions of a user were locked for ${lockTimeout} seconds`);
      try {
        return await connection
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (trx) => {
            await mysql.lock(lock).execute(trx);
            return work(trx);
          });
      } finally {
        await sql`select release_lock(${name})`.execute(connection);
      }
    }),
  migrate: (db, work) => work(db),
  schemaOf: () => Promise.resolve(undefined),
  isConflict: (error) => hasCode(error, 'ER_LOCK_DEADLOCK'),
};

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * Tells a database's dialect from the SQL that its Kysely instance writes, so that every dialect package that speaks
 * one of the three is welcome, whatever it is called.
 *
 * @throws {TypeError} it is none of the three
 */
export function dialectOf<TDatabase>(db: Kysely<TDatabase>): Dialect {
  const written = sql`select ${1} as ${sql.ref('x')}`.compile(db.withoutPlugins()).sql;
  if (written === 'select ? as "x"') return sqlite;
  if (written === 'select $1 as "x"') return postgres;
  if (written === 'select ? as `x`') return mysql;
  throw new TypeError(
    'db: trpc-sessions speaks SQLite, PostgreSQL and MySQL; this Kysely instance speaks none of them',
  );
}
