import { sql, type CompiledQuery, type Kysely, type RawBuilder } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import type { SessionRow } from '../session/session.ts';
import { columnNames, convertTimes, isTimeColumn } from './columns.ts';
import {
  compileForIds,
  compileOnce,
  type BuildForIds,
  type Parameter,
  type StatementForIds,
} from './compiled-query.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import { isExpired, isIdle, isLive, storeLiveSince, type StoredLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

/** A last-seen write. Times are in milliseconds. */
export interface LastSeenWrite {
  readonly id: string;
  readonly seenAt: number;
  /** Writes only if the row was last seen at or before this: another node may have written a moment ago. */
  readonly seenBefore: number;
  /** The new IP address; `null` if it is unknown or unchanged. */
  readonly ip: string | null;
  /** The new user agent and the device that it names; `null` if they are unknown or unchanged. */
  readonly userAgent: string | null;
  readonly device: string | null;
}

interface ListParameters extends StoredLiveSince {
  readonly userId: string;
}

/** The queries on the sessions table, compiled. They take times in milliseconds, and run nothing. */
export interface Queries {
  find(id: string): CompiledQuery<SessionRow>;
  findMany(ids: readonly string[]): CompiledQuery<SessionRow>;
  get(userId: string, id: string, live: LiveSince): CompiledQuery<SessionRow>;
  /** The sessions last seen, the most recent first: up to `max`. */
  list(userId: string, live: LiveSince, max?: number): CompiledQuery<SessionRow>;
  /** A page of the sessions, the newest first: an order that no request changes. */
  listPage(userId: string, live: LiveSince, page: Page): CompiledQuery<SessionRow>;
  /** The list for a transaction that evicts from it: as it is now, whatever the transaction has read before. */
  listToEvict(userId: string, live: LiveSince): CompiledQuery<SessionRow>;
  /** The session that a transaction keeps: as it is now, too. */
  findToKeep(userId: string, id: string): CompiledQuery<SessionRow>;
  insert(row: SessionRow): CompiledQuery;
  writeLastSeen(write: LastSeenWrite): CompiledQuery;
  /** The same write for sessions of which only last seen changes. */
  writeLastSeenOfMany(ids: readonly string[], write: Pick<LastSeenWrite, 'seenAt' | 'seenBefore'>): CompiledQuery;
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

/**
 * Compiles the queries, once for all if their text is always the same.
 *
 * @param db - only builds queries. It carries no plugins: an app's own would rename our columns
 */
export function createQueries(
  db: Kysely<SessionsDatabase>,
  { readTime, writeTime, readsSnapshots, locksKept, returnsDeleted, maxListedIds }: Dialect,
  sessions: 'sessions',
): Queries {
  const row = db
    .selectFrom(sessions)
    .select(columnNames.map((name) => (isTimeColumn(name) ? readTime(name).as(name) : name)))
    .$castTo<SessionRow>();

  const find = compileOnce<{ id: string }, SessionRow>((value) => row.where('id', '=', value('id')), 'one');
  const findToKeep = compileOnce<{ userId: string; id: string }, SessionRow>((value) => {
    const query = row.where('id', '=', value('id')).where('user_id', '=', value('userId'));
    return readsSnapshots ? query.forUpdate() : query;
  }, 'one');
  const forIds = <TParameters extends object, TRow>(
    build: BuildForIds<TParameters, TRow>,
  ): StatementForIds<TParameters, TRow> => compileForIds(build, maxListedIds);
  const findMany = forIds<object, SessionRow>((ids) => row.where('id', 'in', ids));

  const isStillLive = (value: Parameter<StoredLiveSince>): RawBuilder<boolean> =>
    isLive({ expiresAfter: value('expiresAfter'), seenAfter: value('seenAfter') });

  const get = compileOnce<{ userId: string; id: string } & StoredLiveSince, SessionRow>((value) =>
    row.where('id', '=', value('id')).where('user_id', '=', value('userId')).where(isStillLive(value)),
  );

  const liveRows = (value: Parameter<ListParameters>) =>
    row.where('user_id', '=', value('userId')).where(isStillLive(value));
  const listQuery = (value: Parameter<ListParameters>) =>
    liveRows(value).orderBy('last_seen_at', 'desc').orderBy('created_at', 'desc').orderBy('id');
  const list = compileOnce<ListParameters, SessionRow>(listQuery);
  const listToEvict = compileOnce<ListParameters, SessionRow>((value) =>
    readsSnapshots ? listQuery(value).forUpdate() : listQuery(value),
  );

  function pageQuery(parameters: ListParameters, { limit, after }: Page): CompiledQuery<SessionRow> {
    const query = liveRows((name) => sql`${parameters[name]}`)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .limit(limit);
    if (after === undefined) return query.compile();
    const createdAt = writeTime(after.createdAt);
    return query
      .where((column) =>
        column.or([
          column('created_at', '<', createdAt),
          column.and([column('created_at', '=', createdAt), column('id', '>', after.id)]),
        ]),
      )
      .compile();
  }

  const insert = compileOnce<SessionRow<StoredTime>, unknown>((value) =>
    db
      .insertInto(sessions)
      .columns(columnNames)
      .expression(sql`values (${sql.join(columnNames.map((name) => value(name)))})`),
  );

  // A condition, not an upsert: a row that was revoked in the meantime stays deleted.
  const writeLastSeen = compileOnce<
    Omit<LastSeenWrite, 'seenAt' | 'seenBefore'> & { seenAt: StoredTime; seenBefore: StoredTime },
    unknown
  >((value) =>
    db
      .updateTable(sessions)
      .set((column) => ({
        last_seen_at: value('seenAt'),
        ip: column.fn.coalesce(value('ip'), column.ref('ip')),
        user_agent: column.fn.coalesce(value('userAgent'), column.ref('user_agent')),
        device: column.fn.coalesce(value('device'), column.ref('device')),
      }))
      .where('id', '=', value('id'))
      .where('last_seen_at', '<=', value('seenBefore')),
  );

  const writeLastSeenOfMany = forIds<{ seenAt: StoredTime; seenBefore: StoredTime }, unknown>((ids, value) =>
    db
      .updateTable(sessions)
      .set({ last_seen_at: value('seenAt') })
      .where('id', 'in', ids)
      .where('last_seen_at', '<=', value('seenBefore')),
  );

  // Drivers may leave out how many rows a query changed: the rows count themselves where they can.
  const deleteFrom = () => {
    const query = db.deleteFrom(sessions);
    return returnsDeleted ? query.returning(sql.lit(1).as('deleted')) : query.$castTo<{ deleted: number }>();
  };

  const deleteMany = forIds<{ userId: string }, unknown>((ids, value) =>
    deleteFrom().where('user_id', '=', value('userId')).where('id', 'in', ids),
  );

  const evict = forIds<ListParameters & { max: number }, unknown>((ids, value) => {
    const live = db
      .selectFrom(sessions)
      .select([
        'id',
        'last_seen_at',
        'created_at',
        sql<number>`case when ${sql.ref('id')} in ${ids} then 1 else 0 end`.as('may_go'),
      ])
      .where('user_id', '=', value('userId'))
      .where(isStillLive(value))
      .orderBy('id');
    // In a table of its own: MySQL reads no table that a statement deletes from.
    const ranked = db
      .selectFrom((locksKept ? live.forUpdate() : live).as('live'))
      .select([
        'id',
        'may_go',
        sql<number>`count(*) over ()`.as('total'),
        sql<number>`row_number() over (partition by may_go order by last_seen_at, created_at, id)`.as('place'),
      ]);
    const evicted = db
      .selectFrom(ranked.as('ranked'))
      .select('id')
      .where('may_go', '=', 1)
      .where(sql<boolean>`place + ${value('max')} <= total`);
    return db.deleteFrom(sessions).where('user_id', '=', value('userId')).where('id', 'in', evicted);
  });

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
    find: (id) => find({ id }),
    findMany: (ids) => findMany(ids, {}),
    get: (userId, id, live) => get({ userId, id, ...stored(live) }),
    list(userId, live, max) {
      const parameters = { userId, ...stored(live) };
      if (max === undefined) return list(parameters);
      return listQuery((name) => sql`${parameters[name]}`)
        .limit(max)
        .compile();
    },
    listPage: (userId, live, page) => pageQuery({ userId, ...stored(live) }, page),
    listToEvict: (userId, live) => listToEvict({ userId, ...stored(live) }),
    findToKeep: (userId, id) => findToKeep({ userId, id }),
    insert: (newRow) => insert(convertTimes(newRow, writeTime)),
    writeLastSeen: (write) =>
      writeLastSeen({ ...write, seenAt: writeTime(write.seenAt), seenBefore: writeTime(write.seenBefore) }),
    writeLastSeenOfMany: (ids, { seenAt, seenBefore }) =>
      writeLastSeenOfMany(ids, { seenAt: writeTime(seenAt), seenBefore: writeTime(seenBefore) }),
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
