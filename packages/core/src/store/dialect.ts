import type { ColumnDataType, Kysely, RawBuilder } from 'kysely';
import type { CreateRevocationOrder } from './order/revocation-order.ts';
import type { TableName } from './table-name.ts';

/** How one kind of database differs from the others. Everything else is portable SQL. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres' | 'mysql';
  /** The column types of the sessions table. */
  columns<TDatabase>(db: Kysely<TDatabase>): Promise<ColumnTypes>;
  /** Milliseconds since 1970 -> the value of a time column, whatever the time zone of the driver or the connection. */
  readonly writeTime: (milliseconds: number) => StoredTime;
  /** A time column -> milliseconds since 1970, whatever type the driver gives it. */
  readonly readTime: (column: string) => RawBuilder<number>;
  /** In a transaction: takes the user's lock, which others wait for until the transaction ends. */
  lock(lock: UserLock): RawBuilder<unknown>;
  /** The isolation level of a transaction that takes the lock; `undefined` for the only one that there is. */
  readonly isolation: 'read committed' | undefined;
  /** Ends an insert that does nothing if its key exists. */
  ignoreExisting(key: string): RawBuilder<unknown>;
  /** How it orders sign-ins and revocations. */
  readonly createOrder: CreateRevocationOrder;
  /** How many counters of revocations it has. Each is locked until its transaction ends. 0 if it needs none. */
  readonly positions: number;
  /** Whether a transaction reads the rows as they were when it began, unless it locks them. */
  readonly readsSnapshots: boolean;
  /** Whether the session that `revokeOthers` keeps needs a lock: two may otherwise delete each other at once. */
  readonly locksKept: boolean;
  /** Begins the part of an insert that updates a row of the same key. */
  onExisting(key: string): RawBuilder<unknown>;
  /** The value that an insert has for a column, in that part. */
  inserted(column: string): RawBuilder<unknown>;
  /** Whether records of deleted rows need a statement of their own, before the one that deletes. */
  readonly deletesInSteps: boolean;
  /** Whether a DELETE can return the rows that it deleted. */
  readonly returnsDeleted: boolean;
  /** How many ids are a parameter each. More are one parameter, a JSON text as SQLite reads it. */
  readonly maxListedIds: number;
  /** Whether a query waits for a server, so that one query for many sessions is faster than many. */
  readonly isRemote: boolean;
  /** Describes a table; `undefined` if it does not exist. Without a schema, it is where `create table` would create it. */
  describeTable<TDatabase>(db: Kysely<TDatabase>, name: TableName): Promise<TableDescription | undefined>;
  schemaExists<TDatabase>(db: Kysely<TDatabase>, schema: string): Promise<boolean>;
  /** Runs a migration with a lock of its own, for databases on which Kysely's `Migrator` takes none. */
  migrate<TDatabase, TResult>(db: Kysely<TDatabase>, work: Work<TDatabase, TResult>): Promise<TResult>;
  /** The schema of a table that is named without one; `undefined` on databases where Kysely's `Migrator` finds it. */
  schemaOf<TDatabase>(db: Kysely<TDatabase>, table: string): Promise<string | undefined>;
  /** Answers whether a write failed only because of a concurrent one and was rolled back: it can be retried. */
  isConflict(error: unknown): boolean;
  /** Answers whether a write failed because the disk, or the file of the database, has no space left. */
  isFull(error: unknown): boolean;
  /** Answers whether an insert failed because a foreign key refers to a row that does not exist. */
  isForeignKeyViolation(error: unknown): boolean;
}

/** The names of a table's columns and indexes. */
export interface TableDescription {
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
}

/** A time as a dialect writes it. */
export type StoredTime = string | number;

/** Column types. Texts that are compared have a byte-wise collation. */
export type ColumnTypes = Readonly<
  Record<'id' | 'userId' | 'ip' | 'text' | 'time', ColumnDataType | RawBuilder<unknown>>
>;

/** The tables that a user's lock names, as `sql.table` takes them. */
export interface LockTables {
  readonly sessions: string;
  readonly revocations: string;
}

/** The user whose sessions are locked. */
export interface UserLock extends LockTables {
  readonly userId: string;
}

type Work<TDatabase, TResult> = (trx: Kysely<TDatabase>) => Promise<TResult>;
