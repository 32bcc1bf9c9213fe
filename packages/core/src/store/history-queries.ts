import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { EndRecord } from '../session/session-end.ts';
import { compileForIds, compileOnce } from './compiled-query.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import type { HistoryTable } from './record-queries.ts';
import type { SessionsDatabase } from './schema.ts';

/** How many records a user may have. Older ones are deleted now and then. */
const maxRecords = 1000;

/** Finds an end. */
export interface RecordKey {
  readonly userId: string;
  readonly id: string;
}

/** Builds the queries on the records of how sessions ended. */
export interface HistoryQueries {
  find(key: RecordKey, now: number): CompiledQuery<EndRecord>;
  /** Finds records of any users: the caller compares the users. */
  findMany(ids: readonly string[], now: number): CompiledQuery<EndRecord>;
  findOfUser(userId: string, ids: readonly string[], now: number): CompiledQuery<EndRecord>;
  /** Deletes the user's oldest records above the limit. */
  trim(userId: string): CompiledQuery;
  deleteAll(userId: string): CompiledQuery;
  findPurgeable(now: number, limit: number): CompiledQuery<Pick<EndRecord, 'id'>>;
  purge(ids: readonly string[], now: number): CompiledQuery;
}

export function createHistoryQueries(
  sessionsDb: Kysely<SessionsDatabase>,
  dialect: Dialect,
  history: 'history',
): HistoryQueries {
  const { readTime, writeTime, returnsDeleted, maxListedIds } = dialect;
  const db = sessionsDb.withTables<{ history: HistoryTable }>();

  const records = db
    .selectFrom(history)
    .select(['id', 'user_id', readTime('ended_at').as('ended_at'), 'cause', 'by_session'])
    .$castTo<EndRecord>();

  const find = compileOnce<RecordKey & { now: StoredTime }, EndRecord>(
    (value) =>
      records
        .where('id', '=', value('id'))
        .where('user_id', '=', value('userId'))
        .where('kept_until', '>', value('now')),
    'one',
  );

  const findMany = compileForIds<{ now: StoredTime }, EndRecord>(
    (ids, value) => records.where('id', 'in', ids).where('kept_until', '>', value('now')),
    maxListedIds,
  );

  const findOfUser = compileForIds<{ userId: string; now: StoredTime }, EndRecord>(
    (ids, value) =>
      records.where('user_id', '=', value('userId')).where('id', 'in', ids).where('kept_until', '>', value('now')),
    maxListedIds,
  );

  const deleteFrom = () => {
    const query = db.deleteFrom(history);
    return returnsDeleted ? query.returning(sql.lit(1).as('deleted')) : query.$castTo<{ deleted: number }>();
  };

  // In a table of its own: MySQL reads no table that a statement deletes from.
  const trim = compileOnce<{ userId: string }, unknown>((value) => {
    const first = db
      .selectFrom(history)
      .select('ended_at')
      .where('user_id', '=', value('userId'))
      .orderBy('ended_at', 'desc')
      .offset(sql.lit(maxRecords))
      .limit(sql.lit(1));
    return deleteFrom()
      .where('user_id', '=', value('userId'))
      .where('ended_at', '<=', db.selectFrom(first.as('first')).select('ended_at'));
  });

  const deleteAll = compileOnce<{ userId: string }, unknown>((value) =>
    deleteFrom().where('user_id', '=', value('userId')),
  );

  const purge = compileForIds<{ now: StoredTime }, unknown>(
    (ids, value) => deleteFrom().where('id', 'in', ids).where('kept_until', '<=', value('now')),
    maxListedIds,
  );

  return {
    find: (key, now) => find({ ...key, now: writeTime(now) }),
    findMany: (ids, now) => findMany(ids, { now: writeTime(now) }),
    findOfUser: (userId, ids, now) => findOfUser(ids, { userId, now: writeTime(now) }),
    trim: (userId) => trim({ userId }),
    deleteAll: (userId) => deleteAll({ userId }),
    findPurgeable: (now, limit) =>
      db.selectFrom(history).select('id').where('kept_until', '<=', writeTime(now)).limit(limit).compile(),
    purge: (ids, now) => purge(ids, { now: writeTime(now) }),
  };
}
