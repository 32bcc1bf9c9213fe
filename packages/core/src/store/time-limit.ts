// A test that replaces timers does not advance the database with them.
const { setTimeout, clearTimeout } = globalThis;

/** The database did not answer in time. A write may still commit, unless it was waiting for its connection. */
export class DatabaseTimeoutError extends Error {
  override readonly name = 'DatabaseTimeoutError';
  readonly #settled: Promise<unknown>;

  constructor(message: string, settled: Promise<unknown>) {
    super(message);
    this.#settled = settled;
  }

  /** Resolves when the work has ended after all. Until then it may hold a connection, so none like it should begin. */
  async settled(): Promise<void> {
    await this.#settled.catch(untilSettled);
  }
}

/** Waits until a call that has failed holds no connection any longer. */
export async function untilSettled(error: unknown): Promise<void> {
  if (error instanceof DatabaseTimeoutError) await error.settled();
}

/** A limit on one call. */
export interface Wait {
  /** Throws if the caller no longer waits: it must not begin anything. */
  check(): void;
}

/** Limits how long a caller waits for the database. The work itself goes on, and its result is dropped. */
export type TimeLimit = <TResult>(work: (wait: Wait) => Promise<TResult>) => Promise<TResult>;

/** @param limit - in milliseconds */
export function createTimeLimit(limit: number): TimeLimit {
  const createError = (settled: Promise<unknown>): DatabaseTimeoutError =>
    new DatabaseTimeoutError(
      `the database did not answer within ${limit / 1000} s (databaseTimeout). In a transaction of your own, pass { trx } to each call that takes it. On SQLite, an open transaction blocks look-ups unless they have a connection of their own: readDb`,
      settled,
    );

  return (work) =>
    new Promise((resolve, reject) => {
      let isOver = false;
      const check = (): void => {
        if (isOver) throw createError(Promise.resolve());
      };
      const working = work({ check });
      const timer = setTimeout(() => {
        isOver = true;
        reject(createError(working));
      }, limit);
      working.finally(() => clearTimeout(timer)).then(resolve, reject);
    });
}
