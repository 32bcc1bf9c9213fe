import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { SessionRow } from '../session/session.ts';
import { compileForIds, compileOnce, type BuildForIds, type StatementForIds } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import { createEvictQuery } from './evict-query.ts';
import { isExpired, isIdle, storeLiveSince, type StoredLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

/** The queries that delete sessions, and find those to purge. */
export interface DeleteQueries {
  /** Deletes as many of the sessions as the user has above the cap at that moment, the least recently seen first. */
  evict(userId: string, ids: readonly string[], max: number, live: LiveSince): CompiledQuery;
  deleteMany(userId: string, ids: readonly string[]): CompiledQuery;
  /** Deletes the user's other sessions on condition that the current one exists. */
  deleteOthers(userId: string, currentId: string): CompiledQuery;
  deleteAll(userId: string): CompiledQuery;
  /** Up to `limit` rows that have expired, or that have gone idle: each query has its own index. */
  findPurgeable(why: 'expired' | 'idle', live: LiveSince, limit: number): CompiledQuery<Pick<SessionRow, 'id'>>;
  /** Deletes those of the rows that are still expired or idle. */
  purge(ids: readonly string[], live: LiveSince): CompiledQuery;
}

/** Compiles the queries that delete sessions. */
export function createDeleteQueries(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  sessions: 'sessions',
): DeleteQueries {
  const { writeTime, locksKept, returnsDeleted, maxListedIds } = dialect;
  const forIds = <TParameters extends object, TRow>(
    build: BuildForIds<TParameters, TRow>,
  ): StatementForIds<TParameters, TRow> => compileForIds(build, maxListedIds);

  // Drivers may leave out how many rows a query changed: the rows count themselves where they can.
  const deleteFrom = () => {
    const query = db.deleteFrom(sessions);
    return returnsDeleted ? query.returning(sql.lit(1).as('deleted')) : query.$castTo<{ deleted: number }>();
  };

  const deleteMany = forIds<{ userId: string }, unknown>((ids, value) =>
    deleteFrom().where('user_id', '=', value('userId')).where('id', 'in', ids),
  );

  const evict = createEvictQuery(db, dialect, sessions);

  const deleteOthers = compileOnce<{ userId: string; currentId: string }, unknown>((value) => {
    const current = db
      .selectFrom(sessions)
      .select('id')
      .where('id', '=', value('currentId'))
      .where('user_id', '=', value('userId'));
    // In a table of its own: MySQL reads no table that a statement deletes from.
    const kept = db.selectFrom((locksKept ? current.forUpdate() : current).as('kept')).select(sql.lit(1).as('kept'));
    return deleteFrom()
      .where('user_id', '=', value('userId'))
      .where('id', '<>', value('currentId'))
      .where((column) => column.exists(kept));
  });

  const purge = forIds<StoredLiveSince, unknown>((ids, value) => {
    const bounds = { expiresAfter: value('expiresAfter'), seenAfter: value('seenAfter') };
    return deleteFrom()
      .where('id', 'in', ids)
      .where((column) => column.or([isExpired(bounds), isIdle(bounds)]));
  });

  const deleteAll = compileOnce<{ userId: string }, unknown>((value) =>
    deleteFrom().where('user_id', '=', value('userId')),
  );

  const stored = (live: LiveSince): StoredLiveSince => storeLiveSince(live, writeTime);

  return {
    evict: (userId, ids, max, live) => evict(ids, { userId, max, ...stored(live) }),
    deleteMany: (userId, ids) => deleteMany(ids, { userId }),
    deleteOthers: (userId, currentId) => deleteOthers({ userId, currentId }),
    deleteAll: (userId) => deleteAll({ userId }),
    findPurgeable: (why, live, limit) =>
      db
        .selectFrom(sessions)
        .select('id')
        .where(why === 'expired' ? isExpired(stored(live)) : isIdle(stored(live)))
        .limit(limit)
        .compile(),
    purge: (ids, live) => purge(ids, stored(live)),
  };
}
