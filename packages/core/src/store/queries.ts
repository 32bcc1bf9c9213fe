import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import type { Page } from '../session/page.ts';
import type { SessionRow } from '../session/session.ts';
import { compileForIds, compileOnce, type Parameter } from './compiled-query.ts';

/** A session's row with its id, as lists read it. */
export interface IdentifiedRow extends SessionRow {
  readonly id: string;
}

/** A row to write: times in milliseconds. */
export interface NewRow {
  readonly id: string;
  readonly user_id: string;
  readonly created_at: number;
  readonly expires_at: number;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly device: string;
}

/** Which rows are still sessions: those that expire after `now` and were seen after `seenAfter`. In milliseconds. */
export interface LiveSince {
  readonly now: number;
  readonly seenAfter: number;
}

/** A last-seen write. */
export interface Touch {
  readonly id: string;
  readonly seenAt: number;
  /** Written only when the row was last seen at or before this: another node may have written a moment ago. */
  readonly seenBefore: number;
  /** Where from; `null` where that is not known, or not new. */
  readonly ip: string | null;
}

/** A moment, as the dialect writes it. */
type Time = string | number;

/** {@link LiveSince}, as the dialect writes it. */
interface LiveParameters {
  readonly now: Time;
  readonly seenAfter: Time;
}

interface ListParameters extends LiveParameters {
  readonly userId: string;
}

/** The queries on the sessions table, compiled: they take times in milliseconds. Nothing is run here. */
export interface Queries {
  find(id: string): CompiledQuery<SessionRow>;
  findMany(ids: readonly string[]): CompiledQuery<IdentifiedRow>;
  get(userId: string, id: string, live: LiveSince): CompiledQuery<SessionRow>;
  list(userId: string, live: LiveSince, page?: Page): CompiledQuery<IdentifiedRow>;
  /** The same list, in a transaction that ends some of it: as it is now, whatever the transaction has read before. */
  listToEvict(userId: string, live: LiveSince): CompiledQuery<IdentifiedRow>;
  insert(row: NewRow): CompiledQuery;
  touch(touch: Touch): CompiledQuery;
  /** For sessions whose address has not changed. */
  touchMany(ids: readonly string[], seen: Pick<Touch, 'seenAt' | 'seenBefore'>): CompiledQuery;
  deleteMany(userId: string, ids: readonly string[]): CompiledQuery;
  deleteOthers(userId: string, currentId: string): CompiledQuery;
  deleteAll(userId: string): CompiledQuery;
  /** Up to `limit` rows that have expired, or that have gone idle: each by its own index. */
  dead(which: 'expired' | 'idle', live: LiveSince, limit: number): CompiledQuery<{ readonly id: string }>;
  /** Of these rows, those that are dead still. */
  deleteDead(ids: readonly string[], live: LiveSince): CompiledQuery;
}

/**
 * Compiles the queries, once for all where their text is always the same.
 *
 * @param db - only builds: it carries no plugins, or an app's own would rename our columns
 */
export function createQueries(
  db: Kysely<SessionsDatabase>,
  { readTime, writeTime, readsSnapshots }: Dialect,
  sessions: 'sessions',
): Queries {
  const row = db
    .selectFrom(sessions)
    .select(['user_id', 'ip', 'created_ip', 'user_agent', 'device'])
    .select([
      readTime('created_at').as('created_at'),
      readTime('last_seen_at').as('last_seen_at'),
      readTime('expires_at').as('expires_at'),
    ]);

  const find = compileOnce<{ id: string }, SessionRow>((value) => row.where('id', '=', value('id')), 'one');
  const findMany = compileForIds<object, IdentifiedRow>((ids) => row.select('id').where('id', 'in', ids));

  const get = compileOnce<{ userId: string; id: string } & LiveParameters, SessionRow>((value) =>
    row
      .where('id', '=', value('id'))
      .where('user_id', '=', value('userId'))
      .where('expires_at', '>', value('now'))
      .where('last_seen_at', '>', value('seenAfter')),
  );

  const listQuery = (value: Parameter<ListParameters>) =>
    row
      .select('id')
      .where('user_id', '=', value('userId'))
      .where('expires_at', '>', value('now'))
      .where('last_seen_at', '>', value('seenAfter'))
      .orderBy('last_seen_at', 'desc')
      .orderBy('created_at', 'desc')
      .orderBy('id');
  const list = compileOnce<ListParameters, IdentifiedRow>(listQuery);
  const listToEvict = compileOnce<ListParameters, IdentifiedRow>((value) =>
    readsSnapshots ? listQuery(value).forUpdate() : listQuery(value),
  );

  function pageQuery(parameters: ListParameters, { limit, after }: Page): CompiledQuery<IdentifiedRow> {
    const query = listQuery((name) => sql`${parameters[name]}`).limit(limit);
    if (after === undefined) return query.compile();
    const lastSeenAt = writeTime(after.lastSeenAt);
    const createdAt = writeTime(after.createdAt);
    return query
      .where((column) =>
        column.or([
          column('last_seen_at', '<', lastSeenAt),
          column.and([column('last_seen_at', '=', lastSeenAt), column('created_at', '<', createdAt)]),
          column.and([
            column('last_seen_at', '=', lastSeenAt),
            column('created_at', '=', createdAt),
            column('id', '>', after.id),
          ]),
        ]),
      )
      .compile();
  }

  const insert = compileOnce<
    Omit<NewRow, 'created_at' | 'expires_at'> & { created_at: Time; expires_at: Time },
    unknown
  >((value) =>
    db.insertInto(sessions).values({
      id: value('id'),
      user_id: value('user_id'),
      created_at: value('created_at'),
      last_seen_at: value('created_at'),
      expires_at: value('expires_at'),
      ip: value('ip'),
      created_ip: value('ip'),
      user_agent: value('user_agent'),
      device: value('device'),
    }),
  );

  // A condition, not an upsert: a row that was ended in the meantime stays ended.
  const touch = compileOnce<{ id: string; seenAt: Time; seenBefore: Time; ip: string | null }, unknown>((value) =>
    db
      .updateTable(sessions)
      .set((column) => ({
        last_seen_at: value('seenAt'),
        ip: column.fn.coalesce(value('ip'), column.ref('ip')),
      }))
      .where('id', '=', value('id'))
      .where('last_seen_at', '<=', value('seenBefore')),
  );

  const touchMany = compileForIds<{ seenAt: Time; seenBefore: Time }, unknown>((ids, value) =>
    db
      .updateTable(sessions)
      .set({ last_seen_at: value('seenAt') })
      .where('id', 'in', ids)
      .where('last_seen_at', '<=', value('seenBefore')),
  );

  const deleteMany = compileForIds<{ userId: string }, unknown>((ids, value) =>
    db.deleteFrom(sessions).where('user_id', '=', value('userId')).where('id', 'in', ids),
  );

  const deleteOthers = compileOnce<{ userId: string; currentId: string }, unknown>((value) =>
    db.deleteFrom(sessions).where('user_id', '=', value('userId')).where('id', '<>', value('currentId')),
  );

  const deleteAll = compileOnce<{ userId: string }, unknown>((value) =>
    db.deleteFrom(sessions).where('user_id', '=', value('userId')),
  );

  const liveParameters = (live: LiveSince): LiveParameters => ({
    now: writeTime(live.now),
    seenAfter: writeTime(live.seenAfter),
  });

  return {
    find: (id) => find({ id }),
    findMany: (ids) => findMany(ids, {}),
    get: (userId, id, live) => get({ userId, id, ...liveParameters(live) }),
    list(userId, live, page) {
      const parameters = { userId, ...liveParameters(live) };
      return page === undefined ? list(parameters) : pageQuery(parameters, page);
    },
    listToEvict: (userId, live) => listToEvict({ userId, ...liveParameters(live) }),
    insert: (newRow) =>
      insert({ ...newRow, created_at: writeTime(newRow.created_at), expires_at: writeTime(newRow.expires_at) }),
    touch: ({ id, seenAt, seenBefore, ip }) =>
      touch({ id, seenAt: writeTime(seenAt), seenBefore: writeTime(seenBefore), ip }),
    touchMany: (ids, { seenAt, seenBefore }) =>
      touchMany(ids, { seenAt: writeTime(seenAt), seenBefore: writeTime(seenBefore) }),
    deleteMany: (userId, ids) => deleteMany(ids, { userId }),
    deleteOthers: (userId, currentId) => deleteOthers({ userId, currentId }),
    deleteAll: (userId) => deleteAll({ userId }),
    dead(which, live, limit) {
      const { now, seenAfter } = liveParameters(live);
      const query = db.selectFrom(sessions).select('id').limit(limit);
      return (
        which === 'expired' ? query.where('expires_at', '<=', now) : query.where('last_seen_at', '<=', seenAfter)
      ).compile();
    },
    deleteDead(ids, live) {
      const { now, seenAfter } = liveParameters(live);
      return db
        .deleteFrom(sessions)
        .where('id', 'in', ids)
        .where((column) => column.or([column('expires_at', '<=', now), column('last_seen_at', '<=', seenAfter)]))
        .compile();
    },
  };
}
