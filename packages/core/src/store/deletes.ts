import { sql, type CompiledQuery, type Kysely } from 'kysely';
import { chunksOf } from '../chunks.ts';
import { compileSql } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import { ask, type Steps } from './steps.ts';

/** Runs deletes. Each returns how many rows it deleted. */
export interface Deletes {
  run(query: CompiledQuery): Steps<number>;
  /** Deletes sessions of a user, however many. */
  runForIds(userId: string, ids: readonly string[]): Steps<number>;
}

/** SQLite has 32,766 parameters a statement, PostgreSQL 65,535. */
export const maxIdsPerStatement = 1000;

/** @param db - only builds queries */
export function createDeletes(
  db: Kysely<SessionsDatabase>,
  { returnsDeleted }: Dialect,
  queries: Pick<Queries, 'deleteMany'>,
): Deletes {
  const countRows = compileSql<object, { count: unknown }>(db, () => sql`select row_count() as count`);

  /** A driver that leaves the number of rows out does not mean zero. */
  function* run(query: CompiledQuery): Steps<number> {
    const { numAffectedRows, rows } = yield* ask(query);
    if (returnsDeleted) return Math.max(Number(numAffectedRows ?? 0), rows.length);
    if (numAffectedRows !== undefined) return Number(numAffectedRows);
    const counted = yield* ask(countRows({}));
    return Number(counted.rows[0]?.count);
  }

  return {
    run,
    *runForIds(userId, ids) {
      let count = 0;
      for (const chunk of chunksOf(ids, maxIdsPerStatement)) count += yield* run(queries.deleteMany(userId, chunk));
      return count;
    },
  };
}
