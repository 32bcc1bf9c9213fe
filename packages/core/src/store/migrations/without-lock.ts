import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { SessionsDatabase } from '../schema.ts';
import { withMembers } from './with-members.ts';

// A database without transactions may run each statement on another connection. One would take the lock of Kysely's
// `Migrator`, another would not release it, and the next migrator would wait for an hour. So migrators run without it.
// Those that run at once attempt the same steps: at each, all but one fail. As steps can run again, the others continue.

/** Keeps Kysely's `Migrator` from taking its lock. */
export function withoutMigrationLock(db: Kysely<SessionsDatabase>): Kysely<SessionsDatabase> {
  const executor = db.getExecutor();
  const doNothing = (): Promise<void> => Promise.resolve();
  const adapter = withMembers(executor.adapter, {
    acquireMigrationLock: doNothing,
    releaseMigrationLock: doNothing,
  });
  return withMembers(db, { getExecutor: () => withMembers(executor, { adapter }) });
}

/** Each conflict is a step that another migrator has done, so there are few. */
const maxAttempts = 20;

/** Runs a migration, and again if another migrator has done one of its steps meanwhile. */
export async function retryConflicts<TResult>(migrate: () => Promise<TResult>): Promise<TResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrate();
    } catch (error) {
      if (attempt === maxAttempts || !isConflict(error)) throw error;
      await sleep(attempt * Math.random() * 10);
    }
  }
}

/** Answers whether a table, a column, an index or a row of the log was already there. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof RangeError) return false;
  return /already exists|duplicate|unique constraint/i.test(error.message);
}
