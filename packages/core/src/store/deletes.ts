import { sql, type CompiledQuery, type Kysely } from 'kysely';
import { chunksOf } from '../chunks.ts';
import type { Dialect } from './dialect.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';

/** Runs deletes on one connection. Each returns how many rows it deleted. */
export interface Deletes {
  run(on: Kysely<SessionsDatabase>, query: CompiledQuery): Promise<number>;
  /** Deletes sessions of a user, however many. */
  runForIds(on: Kysely<SessionsDatabase>, userId: string, ids: readonly string[]): Promise<number>;
}

/** SQLite has 32,766 parameters a statement, PostgreSQL 65,535. */
export const maxIdsPerStatement = 1000;

export function createDeletes({ returnsDeleted }: Dialect, queries: Queries): Deletes {
  /** A driver that leaves the number of rows out does not mean zero. */
  async function run(on: Kysely<SessionsDatabase>, query: CompiledQuery): Promise<number> {
    if (returnsDeleted) {
      const { numAffectedRows, rows } = await on.executeQuery(query);
      return Math.max(Number(numAffectedRows ?? 0), rows.length);
    }
    const { numAffectedRows } = await on.executeQuery(query);
    if (numAffectedRows !== undefined) return Number(numAffectedRows);
    const { rows } = await sql<{ count: unknown }>`select row_count() as count`.execute(on);
    return Number(rows[0]?.count);
  }

  return {
    run,
    async runForIds(on, userId, ids) {
      let count = 0;
      for (const chunk of chunksOf(ids, maxIdsPerStatement)) count += await run(on, queries.deleteMany(userId, chunk));
      return count;
    },
  };
}
