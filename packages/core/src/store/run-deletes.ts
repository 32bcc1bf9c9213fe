import { sql, type CompiledQuery, type Kysely } from 'kysely';
import { chunksOf } from '../chunks.ts';
import type { Ending } from '../session/session-end.ts';
import { compileSql } from './compiled-query.ts';
import type { Deletion } from './recorded-deletion.ts';
import type { Dialect } from './dialect.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, type Steps } from './steps.ts';

/** Runs deletes. Each returns how many rows it deleted. */
export interface Deletes {
  run(query: CompiledQuery): Steps<number>;
  /** Runs the statements of a deletion in their order: a crash between them loses no record. */
  runAll(deletion: Deletion): Steps<number>;
  /** Deletes sessions of a user, however many. */
  runForIds(userId: string, ids: readonly string[], ending: Ending | undefined): Steps<number>;
}

/** SQLite has 32,766 parameters a statement, PostgreSQL 65,535. */
export const maxIdsPerStatement = 1000;

/** How many recorded deletions pass between two trims. Those of the user who signs in most come first. */
const trimInterval = 64;

/** @param db - only builds queries */
export function createDeletes(
  db: Kysely<SessionsDatabase>,
  { returnsDeleted }: Dialect,
  queries: Pick<Queries, 'deleteMany' | 'history'>,
): Deletes {
  const countRows = compileSql<object, { count: unknown }>(db, () => sql`select row_count() as count`);

  let sinceTrim = 0;

  /** Deletes a user's oldest records above the limit, once in many calls. */
  function* trimSometimes(userId: string): Steps<void> {
    sinceTrim += 1;
    if (sinceTrim < trimInterval) return;
    sinceTrim = 0;
    yield* ask(queries.history.trim(userId));
  }

  /** A driver that leaves the number of rows out does not mean zero. */
  function* run(query: CompiledQuery): Steps<number> {
    const { numAffectedRows, rows } = yield* ask(query);
    if (returnsDeleted) return Math.max(Number(numAffectedRows ?? 0), rows.length);
    if (numAffectedRows !== undefined) return Number(numAffectedRows);
    const counted = yield* ask(countRows({}));
    return Number(counted.rows[0]?.count);
  }

  function* runAll(deletion: Deletion): Steps<number> {
    let count = 0;
    for (const query of deletion) count = yield* run(query);
    return count;
  }

  return {
    run,
    runAll,
    *runForIds(userId, ids, ending) {
      if (ending !== undefined) yield* trimSometimes(userId);
      let count = 0;
      for (const chunk of chunksOf(ids, maxIdsPerStatement)) {
        count += yield* runAll(queries.deleteMany(userId, chunk, ending));
      }
      return count;
    },
  };
}
