import { Kysely, SqliteDialect } from 'kysely';
import SqliteDatabase from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { createTransactionSupport, hasTransactions, isWithoutTransactions } from './interactive-transactions.ts';

class SinglestoreDataApiTransactionsNotSupportedError extends Error {
  override name = 'SinglestoreDataApiTransactionsNotSupportedError';
}

test.each([
  new Error('Transactions are not supported yet.'),
  new Error("NeonDialect doesn't support interactive transactions, while Kysely doesn't support batch requests (yet)."),
  new Error('TursoServerlessDriver does not support interactive transactions.'),
  new Error('D1 has no interactive transactions'),
  new Error(
    'D1_ERROR: To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements.',
  ),
  new SinglestoreDataApiTransactionsNotSupportedError('use a server'),
])('an error with the words of a driver without transactions says so: %s', (error) => {
  expect(isWithoutTransactions(error)).toBe(true);
});

test.each([
  new Error('cannot start a transaction within a transaction'),
  new Error('Transaction already in progress'),
  new Error('No transaction to commit'),
  new Error('cannot commit - no transaction is active'),
  new Error('Nested transactions are not supported'),
  new Error('the driver does not support nested transactions (savepoints)'),
  new Error('this isolation level is not supported for transactions'),
  new Error('cannot execute INSERT in a read-only transaction'),
  new Error('current transaction is aborted, commands ignored until end of transaction block'),
  new Error('connect ECONNREFUSED 127.0.0.1:5432'),
  'Transactions are not supported yet.',
  undefined,
])('an error of a transaction that failed does not: %s', (error) => {
  expect(isWithoutTransactions(error)).toBe(false);
});

test('a database has transactions if one begins, or if it is one', async () => {
  const db = new Kysely({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
  expect(await hasTransactions(db)).toBe(true);
  expect(await db.transaction().execute((trx) => hasTransactions(trx))).toBe(true);
  await db.destroy();
  await expect(hasTransactions(db)).rejects.toThrow('driver has already been destroyed');
});

const refuse = () => Promise.reject(new Error('Transactions are not supported yet.'));

test('the first refusal to begin a transaction is remembered', async () => {
  const transactions = createTransactionSupport();
  const begin = vi.fn(refuse);
  for (let n = 0; n < 2; n += 1)
    expect(await transactions.run(begin, () => Promise.resolve('without'))).toBe('without');
  expect(begin).toHaveBeenCalledOnce();
});

test('a failure to begin a transaction is thrown, and does not mean that the database has none', async () => {
  const transactions = createTransactionSupport();
  const without = vi.fn(() => Promise.resolve('without'));
  await expect(transactions.run(() => Promise.reject(new Error('it is down')), without)).rejects.toThrow('it is down');
  expect(await transactions.run(() => Promise.resolve('within'), without)).toBe('within');
  expect(without).not.toHaveBeenCalled();
});

test('an error in a transaction that has begun is thrown, whatever it says', async () => {
  const work = (begun: () => void) => {
    begun();
    return refuse();
  };
  await expect(createTransactionSupport().run(work, () => Promise.resolve())).rejects.toThrow('are not supported yet');
});
