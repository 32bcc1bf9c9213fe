import type { ColumnType } from 'kysely';
import type { SessionRow } from '../session/session.ts';

/**
 * The database with the sessions table, to extend your own with: `interface Database extends SessionsDatabase { … }`.
 */
export interface SessionsDatabase {
  sessions: SessionsTable;
}

/**
 * A time as the database stores it: a `timestamptz` in PostgreSQL, a UTC `datetime(3)` in MySQL, milliseconds since
 * 1970 in SQLite. The type that a query of your own reads depends on the driver.
 */
export type SessionTime = ColumnType<Date | string | number>;

/** The sessions table: one row for each session. */
export interface SessionsTable extends SessionRow<SessionTime> {}
