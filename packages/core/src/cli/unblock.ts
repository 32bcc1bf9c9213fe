import { accountBuckets } from '../sign-in/account.ts';
import { createAttempts } from '../sign-in/attempt-waits.ts';
import { limitersOver } from '../sign-in/rate-limiters.ts';
import { detectDialect } from '../store/detect-dialect.ts';
import { createStore } from '../store/store.ts';
import { defaultTable } from '../store/table-name.ts';
import { bucketName, deriveSecret } from '../token/derived-keys.ts';
import { createKeyRing, type KeyRing } from '../token/keys.ts';
import { checkTable } from './check-table.ts';
import type { CommandContext, Outcome } from './command.ts';
import { openDatabase } from './database-url.ts';
import { UsageError } from './explain-error.ts';
import { readTable, type Values } from './options.ts';

/** Drops the attempts on an account, so that a sign-in to it does not wait. */
export async function unblock(values: Values, { url, secret }: CommandContext): Promise<Outcome> {
  const { account, table = defaultTable } = values;
  if (account === undefined || account === '') throw new UsageError('--account <name> is missing');
  // Attempts are counted under a keyed hash of the name.
  if (secret === undefined) throw new UsageError('SESSION_SECRET is not set: it is the first of your keys');
  const key = deriveSecret(readSecret(secret).signing, 'attempts');
  const name = readTable(values, url);
  const db = await openDatabase(url);
  try {
    await checkTable(db, table);
    const { attemptCounts } = createStore(db, detectDialect(db), name);
    const attempts = createAttempts(limitersOver(attemptCounts, Date.now), Date.now);
    const { guesses, solutions } = accountBuckets(account);
    const dropped = await attempts.clear(bucketName(key, name.table, guesses));
    const droppedToo = await attempts.clear(bucketName(key, name.table, solutions));
    const unblocked = dropped || droppedToo;
    const text = unblocked ? 'Dropped the attempts on the account.' : 'No attempts on the account are counted here.';
    return { json: { unblocked }, text };
  } finally {
    await db.destroy();
  }
}

/** The advice of the library, to generate another secret, would find no attempts. */
function readSecret(secret: string): KeyRing['signer'] {
  try {
    return createKeyRing(secret).signer;
  } catch (cause) {
    throw new UsageError('SESSION_SECRET is too short to be the first of your keys, which has at least 32 bytes', {
      cause,
    });
  }
}
