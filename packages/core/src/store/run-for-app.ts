import type { Kysely, Transaction } from 'kysely';
import { SessionUsageError } from '../errors.ts';
import type { TransactionSupport } from './interactive-transactions.ts';
import type { TimeLimit } from './time-limit.ts';
import type { UserLock } from './user-lock.ts';

/**
 * Begins a transaction with the user's lock for work of the app's. It runs once, and may take as long as it likes.
 *
 * @throws {SessionUsageError} the database has no interactive transactions
 */
export type RunForApp = <TDatabase, TResult>(
  db: Kysely<TDatabase>,
  userId: string,
  work: (trx: Transaction<TDatabase>) => Promise<TResult>,
) => Promise<TResult>;

/** The parts that run work of the app's. */
export interface RunForAppParts extends Pick<UserLock, 'transactionWithLock'> {
  readonly transactions: TransactionSupport;
  readonly limitTime: TimeLimit;
}

const withoutTransactions =
  'changeCredentials: this database has no interactive transactions; change the credentials first, then call revokeOthers or revokeAll';

export function createRunForApp({ transactions, transactionWithLock, limitTime }: RunForAppParts): RunForApp {
  return async (appDb, userId, work) => {
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
  };
}
