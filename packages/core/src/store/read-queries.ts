import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import type { LookedUpRow, SessionRow } from '../session/session.ts';
import { columnNames, isTimeColumn, lookedUpColumns, readNumbers, type Column } from './columns.ts';
import { compileForIds, compileOnce, type Parameter } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import { isStillLive, storeLiveSince, type StoredLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

interface ListParameters extends StoredLiveSince {
  readonly userId: string;
}

/** The queries that read sessions. */
export interface ReadQueries {
  find(id: string): CompiledQuery<LookedUpRow>;
  findMany(ids: readonly string[]): CompiledQuery<LookedUpRow>;
  get(userId: string, id: string, live: LiveSince): CompiledQuery<SessionRow>;
  /** The sessions last seen, the most recent first: up to `max`. */
  list(userId: string, live: LiveSince, max?: number): CompiledQuery<SessionRow>;
  /** A page of the sessions, the newest first: an order that no request changes. */
  listPage(userId: string, live: LiveSince, page: Page): CompiledQuery<SessionRow>;
  /** The list for a transaction that evicts from it: as it is now, whatever the transaction has read before. */
  listToEvict(userId: string, live: LiveSince): CompiledQuery<LookedUpRow>;
  /** The session that a transaction keeps: as it is now, too. */
  findToKeep(userId: string, id: string): CompiledQuery<LookedUpRow>;
}

/** Compiles the queries that read sessions. */
export function createReadQueries(
  db: Kysely<SessionsDatabase>,
  { readTime, writeTime, readsSnapshots, maxListedIds }: Dialect,
  sessions: 'sessions',
): ReadQueries {
  const selected = (names: readonly Column[]) =>
    names.map((name) => (isTimeColumn(name) ? readTime(name).as(name) : name));
  const row = db.selectFrom(sessions).select(selected(columnNames)).$castTo<SessionRow>();
  const lookedUp = db.selectFrom(sessions).select(selected(lookedUpColumns)).$castTo<LookedUpRow>();

  const find = compileOnce<{ id: string }, LookedUpRow>((value) => lookedUp.where('id', '=', value('id')), 'one');
  const findToKeep = compileOnce<{ userId: string; id: string }, LookedUpRow>((value) => {
    const query = lookedUp.where('id', '=', value('id')).where('user_id', '=', value('userId'));
    return readsSnapshots ? query.forUpdate() : query;
  }, 'one');
  const findMany = compileForIds<object, LookedUpRow>((ids) => lookedUp.where('id', 'in', ids), maxListedIds);

  const get = compileOnce<{ userId: string; id: string } & StoredLiveSince, SessionRow>((value) =>
    row.where('id', '=', value('id')).where('user_id', '=', value('userId')).where(isStillLive(value)),
  );

  const liveRows = (value: Parameter<ListParameters>) =>
    row.where('user_id', '=', value('userId')).where(isStillLive(value));
  const listQuery = (value: Parameter<ListParameters>) =>
    liveRows(value).orderBy('last_seen_at', 'desc').orderBy('created_at', 'desc').orderBy('id');
  const list = compileOnce<ListParameters, SessionRow>(listQuery);
  const listToEvict = compileOnce<ListParameters, LookedUpRow>((value) => {
    const query = listQuery(value).clearSelect().select(selected(lookedUpColumns)).$castTo<LookedUpRow>();
    return readsSnapshots ? query.forUpdate() : query;
  });

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
  };
}

/** Runs a query for rows. */
export async function runRead<TRow extends LookedUpRow>(
  db: Kysely<SessionsDatabase>,
  query: CompiledQuery<TRow>,
): Promise<readonly TRow[]> {
  const { rows } = await db.executeQuery(query);
  return rows.map(readNumbers);
}
