import { sql, type Compilable, type CompiledQuery, type Expression, type Kysely, type SqlBool } from 'kysely';
import type { EndRecord, Ending } from '../session/session-end.ts';
import { compileForIds, compileOnce, type Parameter } from './compiled-query.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';

/** The tables of sessions and of their ends, as the types know them. */
export interface HistoryTables {
  readonly sessions: 'sessions';
  readonly history: 'history';
}

interface HistoryTable {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: StoredTime;
  readonly last_seen_at: StoredTime;
  readonly ip: string | null;
  readonly created_ip: string | null;
  readonly user_agent: string | null;
  readonly device: string;
  readonly name: string | null;
  readonly ended_at: StoredTime;
  readonly kept_until: StoredTime;
  readonly cause: string;
  readonly by_session: string | null;
  readonly by_user: string | null;
}

/** An end as a statement takes it. */
export interface StoredEnding {
  readonly endedAt: StoredTime;
  readonly keptUntil: StoredTime;
  readonly cause: string;
  readonly bySession: string | null;
  readonly byUser: string | null;
}

/** The columns that a record copies from the session. Their addresses are as the session has them. */
const copied = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'ip',
  'created_ip',
  'user_agent',
  'device',
  'name',
] as const;
const ofEnding = ['ended_at', 'kept_until', 'cause', 'by_session', 'by_user'] as const;

/** How long a record is kept, in milliseconds: until the token expires, and at most this. */
const maxKept = 30 * 86_400_000;

/** How many records a user may have. Older ones are deleted now and then. */
const maxRecords = 1000;

/** Finds an end. */
export interface RecordKey {
  readonly userId: string;
  readonly id: string;
}

/** Builds the statements that record how sessions end, and the queries on the records. */
export interface HistoryQueries {
  /** Inserts the records of the sessions that a condition selects. */
  record(condition: Expression<SqlBool>, value: Parameter<StoredEnding>): Compilable;
  /** Deletes those sessions and inserts their records, in one statement. It returns a row for each session. */
  deleteAndRecord(condition: Expression<SqlBool>, value: Parameter<StoredEnding>): Compilable;
  store(ending: Ending): StoredEnding;
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
  { sessions, history }: HistoryTables,
): HistoryQueries {
  const { readTime, writeTime, returnsDeleted, maxListedIds } = dialect;
  const db = sessionsDb.withTables<{ history: HistoryTable }>();

  // A record of a deletion that did not come about is replaced.
  const orReplace = sql`${dialect.onExisting('id')} ${sql.join(ofEnding.map((name) => sql`${sql.ref(name)} = ${dialect.inserted(name)}`))}`;

  /** A record of a session that has expired would be of no use: its token says so itself. */
  const recordsFrom = (
    rows: 'sessions',
    condition: Expression<SqlBool> | undefined,
    value: Parameter<StoredEnding>,
  ) => {
    const keptUntil = sql<StoredTime>`case when expires_at < ${value('keptUntil')} then expires_at else ${value('keptUntil')} end`;
    const records = db
      .selectFrom(rows)
      .select(copied)
      .select([
        value('endedAt').as('ended_at'),
        keptUntil.as('kept_until'),
        value('cause').as('cause'),
        value('bySession').as('by_session'),
        value('byUser').as('by_user'),
      ])
      .where('expires_at', '>', value('endedAt'));
    return condition === undefined ? records : records.where(condition);
  };

  const insert = db.insertInto(history).columns([...copied, ...ofEnding]);

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
    record: (condition, value) => insert.expression(recordsFrom(sessions, condition, value)).modifyEnd(orReplace),
    deleteAndRecord(condition, value) {
      const ended = db.with('ended', (on) =>
        on
          .deleteFrom(sessions)
          .where(condition)
          .returning([...copied, 'expires_at']),
      );
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rows have the columns of a session that are read
      const rows = 'ended' as 'sessions';
      return (
        ended
          // Not `modifyEnd`, which Kysely writes after the brackets.
          .with('recorded', () => insert.expression(sql`${recordsFrom(rows, undefined, value)} ${orReplace}`))
          .selectFrom('ended')
          .select(sql.lit(1).as('deleted'))
      );
    },
    store: ({ at, cause, bySession = null, byUser = null }) => ({
      endedAt: writeTime(at),
      keptUntil: writeTime(at + maxKept),
      cause,
      bySession,
      byUser,
    }),
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
