import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import { untilNoTransaction, type DirectConnection } from '../drivers/direct-connection.ts';
import { SessionUsageError } from '../errors.ts';
import type { Dialect, LockTables } from './dialect.ts';
import { createTransactionSupport } from './interactive-transactions.ts';
import { plainDatabase } from './plain-database.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, runAtOnce, runSteps, type Steps } from './steps.ts';
import type { TimeLimit, Wait } from './time-limit.ts';

/** A transaction that the app began and will end. Its own plugins are already off. */
export type AppTransaction = Kysely<SessionsDatabase>;

type Work<TResult> = () => Steps<TResult>;

/** Work under the user's lock. Without interactive transactions there is no lock, and each statement commits by itself. */
export type LockedWork<TResult> = (isLocked: boolean) => Steps<TResult>;

/** How a store runs its writes. */
export interface Writes {
  /**
   * Runs a write in the app's transaction, which only the app can retry, or by itself: then it is retried on a conflict, and never
   * runs once its caller has given up.
   */
  runIn<TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult>;
  /** Runs a write in the app's transaction, or in one of its own. On a database without transactions, each statement commits. */
  runTransaction<TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult>;
  /** Runs queries in a transaction, or one by one on a database without transactions. */
  runTogether(queries: readonly CompiledQuery[]): Promise<void>;
  /** Runs a write during which no other changes which sessions a user has. In the app's transaction, until its end. */
  runLocked<TResult>(userId: string, trx: AppTransaction | undefined, work: LockedWork<TResult>): Promise<TResult>;
  /**
   * Begins a transaction with the user's lock for work of the app's. It runs once, and may take as long as it likes.
   *
   * @throws {SessionUsageError} the database has no interactive transactions
   */
  runForApp<TDatabase, TResult>(
    db: Kysely<TDatabase>,
    userId: string,
    work: (trx: Transaction<TDatabase>) => Promise<TResult>,
  ): Promise<TResult>;
}

/** How often a write is attempted that conflicts with concurrent ones. */
const maxAttempts = 5;

/** How writes use their database. */
export interface WriteOptions {
  readonly limitTime: TimeLimit;
  /** The connection below, if it runs queries at once: then no other work of the process comes into a transaction of ours. */
  readonly direct: DirectConnection | undefined;
}

/** @param tables - the tables that a user's lock names */
export function createWrites(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  tables: LockTables,
  { limitTime, direct }: WriteOptions,
): Writes {
  const transactions = createTransactionSupport();

  const takeLock = (userId: string, trx: AppTransaction): Promise<unknown> =>
    dialect.lock({ ...tables, userId }).execute(trx);

  /** @param begun - called first of all in the transaction */
  function transactionWithLock<TDatabase, TResult>(
    on: Kysely<TDatabase>,
    userId: string,
    begun: () => void,
    work: (trx: Transaction<TDatabase>) => Promise<TResult>,
  ): Promise<TResult> {
    const transaction =
      dialect.isolation === undefined ? on.transaction() : on.transaction().setIsolationLevel(dialect.isolation);
    return withFirstError((guard) =>
      transaction.execute((trx) => {
        begun();
        return guard(async () => {
          await takeLock(userId, plainDatabase(trx));
          return work(trx);
        });
      }),
    );
  }

  /** Runs a write on a connection of its own, as soon as one is free. */
  const runOn = <TResult>(wait: Wait, write: (connection: Kysely<SessionsDatabase>) => Promise<TResult>) =>
    retryConflicts(dialect, () =>
      db.connection().execute((connection) => {
        wait.check();
        return write(connection);
      }),
    );

  /** Runs a write at once, or when the transaction that is open has ended. */
  const runDirectly = <TResult>(wait: Wait, on: DirectConnection, write: () => TResult): Promise<TResult> =>
    retryConflicts(dialect, async () => {
      // Another may begin before this continues.
      while (on.isInTransaction()) await untilNoTransaction(on);
      wait.check();
      return write();
    });

  const runIn: Writes['runIn'] = (trx, work) =>
    limitTime((wait) => {
      if (trx !== undefined) return runSteps(trx, work());
      if (direct !== undefined) return runDirectly(wait, direct, () => runAtOnce(direct, work()));
      return runOn(wait, (connection) => runSteps(connection, work()));
    });

  const runTransaction: Writes['runTransaction'] = (appTrx, work) => {
    if (appTrx !== undefined) return runIn(appTrx, work);
    return limitTime((wait) => {
      if (direct !== undefined) {
        return runDirectly(wait, direct, () => direct.transaction(() => runAtOnce(direct, work())));
      }
      return runOn(wait, (connection) =>
        transactions.run(
          (begun) =>
            withFirstError((guard) =>
              connection.transaction().execute((trx) => {
                begun();
                return guard(() => runSteps(trx, work()));
              }),
            ),
          () => runSteps(connection, work()),
        ),
      );
    });
  };

  return {
    runIn,
    runTransaction,

    async runTogether(queries) {
      if (queries.length === 0) return;
      // One needs no transaction.
      if (queries.length === 1) return runIn(undefined, () => askEach(queries));
      return runTransaction(undefined, () => askEach(queries));
    },

    runLocked: (userId, trx, work) =>
      limitTime(async (wait) => {
        if (trx !== undefined) {
          await takeLock(userId, trx);
          wait.check();
          return runSteps(trx, work(true));
        }
        if (direct !== undefined) {
          return runDirectly(wait, direct, () => direct.transaction(() => runAtOnce(direct, work(true))));
        }
        return runOn(wait, (connection) =>
          transactions.run(
            (begun) =>
              transactionWithLock(connection, userId, begun, (on) => {
                wait.check();
                return runSteps(on, work(true));
              }),
            () => {
              wait.check();
              return runSteps(connection, work(false));
            },
          ),
        );
      }),

    async runForApp(appDb, userId, work) {
      // Only the wait for the connection and for the lock is limited.
      const { result } = await limitTime(async (wait) => {
        const locked = Promise.withResolvers<void>();
        const running = transactions.run(
          (begun) =>
            transactionWithLock(appDb, userId, begun, (trx) => {
              wait.check();
              locked.resolve();
              return work(trx);
            }),
          () => Promise.reject(new SessionUsageError(withoutTransactions)),
        );
        await Promise.race([locked.promise, running]);
        return { result: running };
      });
      return result;
    },
  };
}

const withoutTransactions =
  'changeCredentials: this database has no interactive transactions; change the credentials first, then call revokeOthers or revokeAll';

/** Attempts a write until it conflicts with no other. */
async function retryConflicts<TResult>(dialect: Dialect, write: () => Promise<TResult>): Promise<TResult> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await write();
    } catch (error) {
      if (attempts === maxAttempts || !dialect.isConflict(error)) throw error;
      await sleep(attempts * Math.random() * 10);
    }
  }
}

function* askEach(queries: readonly CompiledQuery[]): Steps<void> {
  for (const query of queries) yield* ask(query);
}

/**
 * Runs a transaction whose work is guarded: if the work fails, its error is thrown, and not that of the rollback. A full disk
 * makes SQLite roll back by itself, and the second rollback fails.
 */
async function withFirstError<TResult>(
  run: (guard: (work: () => Promise<TResult>) => Promise<TResult>) => Promise<TResult>,
): Promise<TResult> {
  let first: { readonly error: unknown } | undefined;
  try {
    return await run(async (work) => {
      try {
        return await work();
      } catch (error) {
        first = { error };
        throw error;
      }
    });
  } catch (error) {
    throw first === undefined ? error : first.error;
  }
}
