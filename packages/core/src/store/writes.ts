import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, Kysely } from 'kysely';
import { untilNoTransaction, type DirectConnection } from '../drivers/direct-connection.ts';
import type { Dialect, LockTables } from './dialect.ts';
import { createTransactionSupport } from './interactive-transactions.ts';
import { createRunForApp, type RunForApp } from './run-for-app.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, runAtOnce, runSteps, type Steps } from './steps.ts';
import type { TimeLimit, Wait } from './time-limit.ts';
import { createUserLock } from './user-lock.ts';
import { withFirstError } from './with-first-error.ts';

/** A transaction that the app began and will end. Its own plugins are already off. */
export type AppTransaction = Kysely<SessionsDatabase>;

type Work<TResult> = () => Steps<TResult>;

/** Work under the user's lock. Without interactive transactions there is no lock, and each statement commits by itself. */
export type LockedWork<TResult> = (isLocked: boolean) => Steps<TResult>;

/** How a store runs its writes. */
export interface Writes {
  /**
   * Runs a write in the app's transaction, which only the app can retry. Without one, the write is retried on a conflict, and
   * never runs once its caller has given up.
   */
  runIn<TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult>;
  /** Runs a write in the app's transaction, or in one of its own. On a database without transactions, each statement commits. */
  runTransaction<TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult>;
  /** Runs queries in a transaction, or one by one on a database without transactions. */
  runTogether(queries: readonly CompiledQuery[]): Promise<void>;
  /** Runs a write during which no other changes which sessions a user has. In the app's transaction, until its end. */
  runLocked<TResult>(userId: string, trx: AppTransaction | undefined, work: LockedWork<TResult>): Promise<TResult>;
  readonly runForApp: RunForApp;
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

  const { take: takeLock, transactionWithLock } = createUserLock(dialect, tables);

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
      while (on.isInTransaction()) await untilNoTransaction(on, () => wait.check());
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

    runForApp: createRunForApp({ transactions, transactionWithLock, limitTime }),
  };
}

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
