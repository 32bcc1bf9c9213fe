import type { CompiledQuery, QueryResult } from 'kysely';

/** A connection that runs a query at once, within the process: nothing else runs in between. */
export interface DirectConnection {
  /**
   * Answers whether a transaction is open, for instance of the app. Nothing of ours may run in it: its rollback would undo a
   * revocation, and its look-ups see rows that may never be committed.
   */
  isInTransaction(): boolean;
  /**
   * Returns the first row.
   *
   * @throws the database's own error
   */
  first<TRow>(query: CompiledQuery<TRow>): TRow | undefined;
  /** @throws the database's own error */
  run<TRow>(query: CompiledQuery<TRow>): QueryResult<TRow>;
}
