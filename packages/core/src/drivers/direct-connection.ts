import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Runs work as the only writer, in a transaction. If it throws, nothing is written. */
  transaction<TResult>(work: () => TResult): TResult;
  /** Begins to write the log of changes back to the database file. Otherwise the commit that fills the log does it, and waits. */
  openWriteBack(): WriteBack;
}

/** Writes the log of changes back, during one purge. */
export interface WriteBack {
  /** Writes it back at once, and waits for the disk. */
  here(): void;
  /**
   * Writes it back beside requests: on another thread, or here if none can start.
   *
   * @param rows - how many rows were deleted since the last call. A few may wait for the next call
   */
  beside(rows: number): Promise<void>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** The longest pause between two looks whether a transaction has ended, in milliseconds. */
const maxPause = 20;

/**
 * Waits until no transaction is open. By the time that the caller's work begins, another may be: the caller looks again.
 *
 * @param check - called before each pause. It throws when the caller has given up: an app may leave its transaction open for ever
 */
export async function untilNoTransaction(
  connection: Pick<DirectConnection, 'isInTransaction'>,
  check: () => void = () => {},
): Promise<void> {
  for (let pause = 1; connection.isInTransaction(); pause = Math.min(maxPause, pause * 2)) {
    check();
    await sleep(pause);
  }
}
