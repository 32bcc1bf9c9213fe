import type { Kysely } from 'kysely';

// Cloudflare D1, Neon over HTTP and other databases behind HTTP have no interactive transactions: each statement stands
// alone, on any connection. Their Kysely dialects refuse to begin one, each in its own words:
//
// - kysely-d1, @xata.io/kysely: Transactions are not supported yet.
// - kysely-neon, kysely-turso: … doesn't support interactive transactions
// - SingleStore's Data API: SinglestoreDataApiTransactionsNotSupportedError
// - D1, if sent `begin`: … use the state.storage.transaction() … APIs instead of the SQL BEGIN TRANSACTION …
const isNotSupported =
  /(?<!nested ?)transactions ?(?:are |is )?(?:not ?(?:yet )?supported|unsupported|not implemented)/i;
const hasNone = /(?:\bnot support|n't support|\bno|\bwithout|\bunsupported) (?:interactive )?transactions\b/i;
const refusesBegin = /instead of the SQL BEGIN\b/i;

/** Answers whether an error says that the database has no interactive transactions, rather than that one has failed. */
export function isWithoutTransactions(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return [isNotSupported, hasNone, refusesBegin].some((words) => words.test(`${error.name}: ${error.message}`));
}

/**
 * Answers whether a database has interactive transactions. It begins an empty one to find out.
 *
 * @throws the database's own error, if that says something else
 */
export async function hasTransactions<TDatabase>(db: Kysely<TDatabase>): Promise<boolean> {
  if (db.isTransaction) return true;
  try {
    await db.transaction().execute(() => Promise.resolve());
    return true;
  } catch (error) {
    if (isWithoutTransactions(error)) return false;
    throw error;
  }
}

/** Knows whether a database has transactions. */
export interface TransactionSupport {
  /**
   * Runs work that begins a transaction, or on a database that has none, the other work. The first attempt to begin one
   * decides, at no extra query, and is remembered.
   *
   * @param inTransaction - calls `begun` first of all in its transaction; an error from then on is the work's own
   * @param without - does the same without a transaction
   */
  run<TResult>(
    inTransaction: (begun: () => void) => Promise<TResult>,
    without: () => Promise<TResult>,
  ): Promise<TResult>;
}

/** Creates the memory for one database. */
export function createTransactionSupport(): TransactionSupport {
  let isMissing = false;
  return {
    async run(inTransaction, without) {
      if (isMissing) return without();
      let hasBegun = false;
      try {
        return await inTransaction(() => (hasBegun = true));
      } catch (error) {
        if (hasBegun || !isWithoutTransactions(error)) throw error;
        isMissing = true;
      }
      return without();
    },
  };
}
