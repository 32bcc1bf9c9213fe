import type { Kysely, Transaction } from 'kysely';
import type { Dialect, LockTables } from './dialect.ts';
import { plainDatabase } from './plain-database.ts';
import type { SessionsDatabase } from './schema.ts';
import { withFirstError } from './with-first-error.ts';

/** A user's lock: while one transaction has it, no other changes which sessions the user has. */
export interface UserLock {
  /** Takes the lock, until the transaction ends. */
  readonly take: (userId: string, trx: Kysely<SessionsDatabase>) => Promise<unknown>;
  /**
   * Begins a transaction with the lock.
   *
   * @param begun - called first of all in the transaction
   */
  readonly transactionWithLock: <TDatabase, TResult>(
    on: Kysely<TDatabase>,
    userId: string,
    begun: () => void,
    work: (trx: Transaction<TDatabase>) => Promise<TResult>,
  ) => Promise<TResult>;
}

/** @param tables - the tables that the lock names */
export function createUserLock(dialect: Dialect, tables: LockTables): UserLock {
  const take: UserLock['take'] = (userId, trx) => dialect.lock({ ...tables, userId }).execute(trx);

  return {
    take,
    transactionWithLock(on, userId, begun, work) {
      const transaction =
        dialect.isolation === undefined ? on.transaction() : on.transaction().setIsolationLevel(dialect.isolation);
      return withFirstError((guard) =>
        transaction.execute((trx) => {
          begun();
          return guard(async () => {
            await take(userId, plainDatabase(trx));
            return work(trx);
          });
        }),
      );
    },
  };
}
