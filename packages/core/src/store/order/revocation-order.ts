import type { Kysely } from 'kysely';
import type { SessionsDatabase } from '../schema.ts';
import type { Steps } from '../steps.ts';

/**
 * Orders sign-ins and revocations by a sequence of the database's own, for the clocks of processes differ. So a sign-in
 * that began with the old password does not outlive a change of it.
 */
export interface RevocationOrder {
  /** Reads the point that the database has reached. A revocation that has not committed by then comes after it. */
  mark(db: Kysely<SessionsDatabase>): Promise<string>;
  /** Records that all of a user's sessions, or all but one, are revoked. To run before they are deleted. */
  record(userId: string): Steps<void>;
  /**
   * Answers whether a revocation of the user's came after a mark. To run with the user's lock.
   *
   * @param mark - of which `isMark` is true
   */
  hasRevokedSince(userId: string, mark: string): Steps<boolean>;
  /** Answers whether a text may be a mark: it may come from outside. */
  isMark(text: string): boolean;
}

/** The tables of an order, as `sql.table` takes them. */
export interface OrderTables {
  /** A row for each user whose sessions were revoked, with its position. */
  readonly revocations: string;
  /** The counters, for databases that need some. */
  readonly positions: string;
}

/** @param db - only builds queries */
export type CreateRevocationOrder = (db: Kysely<SessionsDatabase>, tables: OrderTables) => RevocationOrder;
