import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import { SessionUsageError } from '../errors.ts';
import type { Dialect, LockTables } from './dialect.ts';
import { createTransactionSupport } from './interactive-transactions.ts';
import { plainDatabase } from './plain-database.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TimeLimit } from './time-limit.ts';

/** A transaction that the app began and will end. Its own plugins are already off. */
export type AppTransaction = Kysely<SessionsDatabase>;

type Work<TResult> = (on: Kysely<SessionsDatabase>) => Promise<TResult>;

/** Work under the user's lock. Without interactive transactions there is no lock, and each statement commits by itself. */
export type LockedWork<TResult> = (on: Kysely<SessionsDatabase>, isLocked: boolean) => Promise<TResult>;

/** How a store runs its writes. */
export interface Writes {
  /** Runs a write on a connection, and retries it on a conflict. It never runs once its caller has given up. */
  run<TResult>(work: Work<TResult>): Promise<TResult>;
  /** Runs a write in the app's transaction, which only the app can retry, or by itself. */
  runIn<TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult>;
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

/** @param tables - the tables that a user's lock names */
export function createWrites(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  tables: LockTables,
  limitTime: TimeLimit,
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

  const run = <TResult>(work: Work<TResult>): Promise<TResult> =>
    limitTime((wait) =>
      retryConflicts(dialect, () =>
        db.connection().execute((connection) => {
          wait.check();
          return work(connection);
        }),
      ),
    );

  return {
    run,
    runIn: (trx, work) => (trx === undefined ? run(work) : limitTime(() => work(trx))),

    async runTogether(queries) {
      if (queries.length === 0) return;
      await run(async (connection) => {
        if (queries.length === 1) return runEach(connection, queries);
        return transactions.run(
          (begun) =>
            withFirstError((guard) =>
              connection.transaction().execute((trx) => {
                begun();
                return guard(() => runEach(trx, queries));
              }),
            ),
          () => runEach(connection, queries),
        );
      });
    },

    runLocked: (userId, trx, work) =>
      limitTime(async (wait) => {
        const workNow: typeof work = (on, isLocked) => {
          wait.check();
          return work(on, isLocked);
        };
        if (trx !== undefined) {
          await takeLock(userId, trx);
          return workNow(trx, true);
        }
        return retryConflicts(dialect, () =>
          db.connection().execute((connection) => {
            wait.check();
            return transactions.run(
              (begun) => transactionWithLock(connection, userId, begun, (on) => workNow(on, true)),
              () => workNow(connection, false),
            );
          }),
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

/** Runs queries one after the other, on the connection that they share. */
async function runEach(db: Kysely<SessionsDatabase>, queries: readonly CompiledQuery[]): Promise<void> {
  for (const query of queries) await db.executeQuery(query);
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
