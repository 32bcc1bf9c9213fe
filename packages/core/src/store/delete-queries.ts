import { expressionBuilder, sql, type CompiledQuery, type Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Ending } from '../session/session-end.ts';
import type { SessionRow } from '../session/session.ts';
import { createDeletions, type Deletion } from './recorded-deletion.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import { evictedOf, type EvictParameters } from './evict-query.ts';
import { createHistoryQueries, type HistoryQueries } from './history-queries.ts';
import { isExpired, isIdle, storeLiveSince, type StoredLiveSince } from './liveness-sql.ts';
import { createRecordQueries, type HistoryTables } from './record-queries.ts';
import type { SessionsDatabase } from './schema.ts';

/** The queries that delete sessions, and find those to purge. Without an ending, they record none. */
export interface DeleteQueries {
  /** Deletes as many of the sessions as the user has above the cap at that moment, the least recently seen first. */
  evict(userId: string, ids: readonly string[], max: number, live: LiveSince, ending?: Ending): Deletion;
  deleteMany(userId: string, ids: readonly string[], ending?: Ending): Deletion;
  /** Deletes the user's other sessions on condition that the current one exists. */
  deleteOthers(userId: string, currentId: string, ending?: Ending): Deletion;
  deleteAll(userId: string, ending?: Ending): Deletion;
  /** Up to `limit` rows that have expired, or that have gone idle: each query has its own index. */
  findPurgeable(why: 'expired' | 'idle', live: LiveSince, limit: number): CompiledQuery<Pick<SessionRow, 'id'>>;
  /** Deletes those of the rows that are still expired or idle. */
  purge(ids: readonly string[], live: LiveSince, ending?: Ending): Deletion;
  /** Deletes those of the sessions that were issued before a time. */
  deleteIssuedBefore(ids: readonly string[], time: number, ending?: Ending): Deletion;
  readonly history: HistoryQueries;
}

/** Compiles the queries that delete sessions. */
export function createDeleteQueries(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  tables: HistoryTables,
): DeleteQueries {
  const { writeTime, locksKept } = dialect;
  const { sessions } = tables;
  const column = expressionBuilder<SessionsDatabase, 'sessions'>();

  const { deletion, deletionForIds } = createDeletions(db, dialect, sessions, createRecordQueries(db, dialect, tables));

  const deleteMany = deletionForIds<{ userId: string }>((ids, value) =>
    column.and([column('user_id', '=', value('userId')), column('id', 'in', ids)]),
  );

  const deleteOthers = deletion<{ userId: string; currentId: string }>((value) => {
    const current = db
      .selectFrom(sessions)
      .select('id')
      .where('id', '=', value('currentId'))
      .where('user_id', '=', value('userId'));
    // In a table of its own: MySQL reads no table that a statement deletes from.
    const kept = db.selectFrom((locksKept ? current.forUpdate() : current).as('kept')).select(sql.lit(1).as('kept'));
    return column.and([
      column('user_id', '=', value('userId')),
      column('id', '<>', value('currentId')),
      column.exists(kept),
    ]);
  });

  const purge = deletionForIds<StoredLiveSince>((ids, value) => {
    const bounds = { expiresAfter: value('expiresAfter'), seenAfter: value('seenAfter') };
    return column.and([column('id', 'in', ids), column.or([isExpired(bounds), isIdle(bounds)])]);
  });

  const deleteIssuedBefore = deletionForIds<{ time: StoredTime }>((ids, value) =>
    column.and([column('id', 'in', ids), column('created_at', '<', value('time'))]),
  );

  const deleteAll = deletion<{ userId: string }>((value) => column('user_id', '=', value('userId')));

  const evict = deletionForIds<EvictParameters>((ids, value) =>
    column.and([
      column('user_id', '=', value('userId')),
      column('id', 'in', evictedOf(db, dialect, sessions)(ids, value)),
    ]),
  );

  const stored = (live: LiveSince): StoredLiveSince => storeLiveSince(live, writeTime);

  return {
    evict: (userId, ids, max, live, ending) => evict(ids, { userId, max, ...stored(live) }, ending),
    deleteMany: (userId, ids, ending) => deleteMany(ids, { userId }, ending),
    deleteOthers: (userId, currentId, ending) => deleteOthers({ userId, currentId }, ending),
    deleteAll: (userId, ending) => deleteAll({ userId }, ending),
    findPurgeable: (why, live, limit) =>
      db
        .selectFrom(sessions)
        .select('id')
        .where(why === 'expired' ? isExpired(stored(live)) : isIdle(stored(live)))
        .limit(limit)
        .compile(),
    purge: (ids, live, ending) => purge(ids, stored(live), ending),
    deleteIssuedBefore: (ids, time, ending) => deleteIssuedBefore(ids, { time: writeTime(time) }, ending),
    history: createHistoryQueries(db, dialect, tables.history),
  };
}
