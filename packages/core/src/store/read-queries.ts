import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import { stateColumns, type SessionState } from '../session/session-state.ts';
import type { LookedUpRow, SessionRow } from '../session/session.ts';
import { columnNames, isTimeColumn, lookedUpColumns, readNumbers, type Column } from './columns.ts';
import { compileForIds, compileOnce, type Parameter } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import { isStillLive, storeLiveSince, type StoredLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

interface ListParameters extends StoredLiveSince {
  readonly userId: string;
}

/** A session that may be evicted. A driver may give a time as a text. */
export interface EvictableRow {
  readonly id: string;
  readonly last_seen_at: number | string | bigint;
}

/** A state, with the session that it is of. */
export interface IdentifiedState extends SessionState {
  readonly id: string;
}

/** The queries that read sessions. */
export interface ReadQueries {
  find(id: string): CompiledQuery<LookedUpRow>;
  findMany(ids: readonly string[]): CompiledQuery<LookedUpRow>;
  findState(id: string): CompiledQuery<SessionState>;
  findStates(ids: readonly string[]): CompiledQuery<IdentifiedState>;
  get(userId: string, id: string, live: LiveSince, options?: RowOptions): CompiledQuery<LookedUpRow>;
  /** The sessions last seen, the most recent first: up to `max`. */
  list(userId: string, live: LiveSince, options?: ListOptions): CompiledQuery<LookedUpRow>;
  /** A page of the sessions, the newest first: an order that no request changes. */
  listPage(userId: string, live: LiveSince, page: Page, options?: RowOptions): CompiledQuery<LookedUpRow>;
  /** The list for a transaction that evicts from it: as it is now, whatever the transaction has read before. */
  listToEvict(userId: string, live: LiveSince): CompiledQuery<EvictableRow>;
  /** The session that a transaction keeps: as it is now, too. */
  findToKeep(userId: string, id: string): CompiledQuery<LookedUpRow>;
  /** The session that a new one replaces: as it is now, too, and with its data. */
  findToReplace(userId: string, id: string): CompiledQuery<SessionRow>;
}

/** Which columns a query reads. */
export interface RowOptions {
  /** Whether it reads the app's data. @defaultValue `true` */
  readonly data?: boolean | undefined;
}

/** The options of a list. */
export interface ListOptions extends RowOptions {
  readonly max?: number | undefined;
}

/** How look-ups read. */
export interface ReadOptions {
  /** Whether they read the app's data. @defaultValue `false` */
  readonly lookUpData?: boolean;
}

/** Compiles the queries that read sessions. */
export function createReadQueries(
  db: Kysely<SessionsDatabase>,
  { readTime, writeTime, readsSnapshots, maxListedIds }: Dialect,
  sessions: 'sessions',
  { lookUpData = false }: ReadOptions = {},
): ReadQueries {
  const rowOf = (names: readonly Column[]) =>
    db
      .selectFrom(sessions)
      .select(names.map((name) => (isTimeColumn(name) ? readTime(name).as(name) : name)))
      .$castTo<LookedUpRow>();
  const [whole, withoutData] = [rowOf(columnNames), rowOf(lookedUpColumns)];
  const rowWith = ({ data = true }: RowOptions) => (data ? whole : withoutData);
  const lookedUp = lookUpData ? whole : withoutData;
  type Rows = typeof whole;

  const find = compileOnce<{ id: string }, LookedUpRow>((value) => lookedUp.where('id', '=', value('id')), 'one');
  const findMany = compileForIds<object, LookedUpRow>((ids) => lookedUp.where('id', 'in', ids), maxListedIds);
  const findState = compileOnce<{ id: string }, SessionState>(
    (value) => rowOf(stateColumns).where('id', '=', value('id')),
    'one',
  );
  const findStates = compileForIds<object, IdentifiedState>(
    (ids) => rowOf(['id', ...stateColumns]).where('id', 'in', ids),
    maxListedIds,
  );
  const locked = (query: Rows): Rows => (readsSnapshots ? query.forUpdate() : query);
  const ofUser = (rows: Rows, value: Parameter<{ userId: string; id: string }>): Rows =>
    rows.where('id', '=', value('id')).where('user_id', '=', value('userId'));
  const findToKeep = compileOnce<{ userId: string; id: string }, LookedUpRow>(
    (value) => locked(ofUser(withoutData, value)),
    'one',
  );
  const findToReplace = compileOnce<{ userId: string; id: string }, SessionRow>(
    (value) => locked(ofUser(whole, value)).$castTo<SessionRow>(),
    'one',
  );

  const compileGet = (options: RowOptions) =>
    compileOnce<{ userId: string; id: string } & StoredLiveSince, LookedUpRow>((value) =>
      ofUser(rowWith(options), value).where(isStillLive(value)),
    );
  const [get, getWithoutData] = [compileGet({}), compileGet({ data: false })];

  const liveRows = (rows: Rows, value: Parameter<ListParameters>): Rows =>
    rows.where('user_id', '=', value('userId')).where(isStillLive(value));
  const listQuery = (rows: Rows, value: Parameter<ListParameters>): Rows =>
    liveRows(rows, value).orderBy('last_seen_at', 'desc').orderBy('created_at', 'desc').orderBy('id');
  const list = compileOnce<ListParameters, LookedUpRow>((value) => listQuery(whole, value));
  const listToEvict = compileOnce<ListParameters, EvictableRow>((value) =>
    locked(listQuery(rowOf(['id', 'last_seen_at']), value)).$castTo<EvictableRow>(),
  );

  function pageQuery(rows: Rows, parameters: ListParameters, { limit, after }: Page): CompiledQuery<LookedUpRow> {
    const query = liveRows(rows, (name) => sql`${parameters[name]}`)
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
    findState: (id) => findState({ id }),
    findStates: (ids) => findStates(ids, {}),
    get: (userId, id, live, { data = true } = {}) => (data ? get : getWithoutData)({ userId, id, ...stored(live) }),
    list(userId, live, { max, ...options } = {}) {
      const parameters = { userId, ...stored(live) };
      if (max === undefined && options.data !== false) return list(parameters);
      const query = listQuery(rowWith(options), (name) => sql`${parameters[name]}`);
      return (max === undefined ? query : query.limit(max)).compile();
    },
    listPage: (userId, live, page, options = {}) => pageQuery(rowWith(options), { userId, ...stored(live) }, page),
    listToEvict: (userId, live) => listToEvict({ userId, ...stored(live) }),
    findToKeep: (userId, id) => findToKeep({ userId, id }),
    findToReplace: (userId, id) => findToReplace({ userId, id }),
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
