import type { Kysely } from 'kysely';
import type { DirectConnection } from '../drivers/direct-connection.ts';
import type { LiveSince } from '../session/liveness.ts';
import type { Ending } from '../session/session-end.ts';
import type { Deletes } from './run-deletes.ts';
import type { History, PurgedChunk } from './history.ts';
import type { Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Writes } from './writes.ts';

/** Purges a chunk of rows: `undefined` when none are left. */
export type Purge = (live: LiveSince, limit: number) => Promise<PurgedChunk | undefined>;

/** The parts that purge rows. */
export interface PurgeParts {
  readonly db: Kysely<SessionsDatabase>;
  readonly queries: Pick<Queries, 'findPurgeable' | 'purge'>;
  readonly deletes: Pick<Deletes, 'runAll'>;
  readonly history: Pick<History, 'purge'>;
  /** Runs a deletion with its records. */
  readonly runDelete: Writes['runIn'];
  /** The ending to record, if records are kept. */
  readonly recorded: (ending: Ending) => Ending | undefined;
  readonly direct: DirectConnection | undefined;
  readonly limitTime: TimeLimit;
}

export function createPurge({
  db,
  queries,
  deletes,
  history,
  runDelete,
  recorded,
  direct,
  limitTime,
}: PurgeParts): Purge {
  async function find(why: 'expired' | 'idle', live: LiveSince, limit: number) {
    const query = queries.findPurgeable(why, live, limit);
    // At once: time that it waits would count as work of the purge.
    if (direct !== undefined && !direct.isInTransaction()) return direct.run(query);
    return limitTime(() => db.executeQuery(query));
  }

  return async (live, limit) => {
    // Two look-ups, each on its own index: MySQL has no DELETE … RETURNING, and PostgreSQL no DELETE … LIMIT.
    const { rows: expired } = await find('expired', live, limit);
    const { rows } = expired.length > 0 ? { rows: expired } : await find('idle', live, limit);
    if (rows.length === 0) return history.purge(live.expiresAfter, limit);
    const ids = rows.map(({ id }) => id);
    // An expired token says so itself.
    const ending = expired.length > 0 ? undefined : recorded({ at: live.expiresAfter, cause: 'idle' });
    const deleted = await runDelete(undefined, () => deletes.runAll(queries.purge(ids, live, ending)));
    return { ids, deleted };
  };
}
