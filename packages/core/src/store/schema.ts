import type { ColumnType } from 'kysely';

/**
 * The database with the sessions table, to extend your own with: `interface Database extends SessionsDatabase { … }`.
 */
export interface SessionsDatabase {
  sessions: SessionsTable;
}

/**
 * A moment as the database keeps it: a `timestamptz` in PostgreSQL, a UTC `datetime(3)` in MySQL, milliseconds since
 * 1970 in SQLite. What a query of your own gets is up to its driver.
 */
export type SessionTime = ColumnType<Date | string | number>;

/** The sessions table: one row a session that has not been ended. */
export interface SessionsTable {
  /** The public handle: a one-way hash of the secret `lookup_id`, which is stored nowhere. */
  id: string;
  user_id: string;
  created_at: SessionTime;
  last_seen_at: SessionTime;
  expires_at: SessionTime;
  /** Last seen from. */
  ip: string | null;
  /** Signed in from. */
  created_ip: string | null;
  user_agent: string | null;
  /** A `Device`, as JSON. */
  device: string;
}
