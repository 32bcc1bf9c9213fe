import type { CompiledQuery, Kysely, Transaction } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import type { Ending, EndRecord } from '../session/session-end.ts';
import type { LookedUpRow } from '../session/session.ts';
import type { CountStore } from '../sign-in/counts.ts';
import type { DirectConnection, WriteBack } from '../drivers/direct-connection.ts';
import { createAttemptCounts } from './attempt-counts.ts';
import { readNumbers } from './columns.ts';
import { createDeletes } from './run-deletes.ts';
import type { Dialect } from './dialect.ts';
import { createHistory, type PurgedChunk } from './history.ts';
import { createInsert, type Insert } from './insert-and-evict.ts';
import { lastSeenQueries } from './last-seen-queries.ts';
import { createLookups, type Lookups } from './lookups.ts';
import { createMarkNumbers, type MarkNumbers } from './mark-numbers.ts';
import { createPurge } from './purge-chunk.ts';
import { createQueries, type LastSeenWrite } from './queries.ts';
import { runRead, type ListOptions, type ReadOptions, type RowOptions } from './read-queries.ts';
import { createRevocations, type Revocations } from './revocations.ts';
import type { SessionsDatabase } from './schema.ts';
import { companionsOf, referenceTo, type TableName } from './table-name.ts';
import { ask } from './steps.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Reissue, SessionChange, SessionKey } from './update-queries.ts';
import { createWrites, type AppTransaction, type Writes } from './writes.ts';

export type { Inserted, InsertOptions } from './insert-and-evict.ts';
export type { PurgedChunk } from './history.ts';
export type { LastSeenWrite } from './queries.ts';
export type { Reissue, SessionChange, SessionKey } from './update-queries.ts';
export type { AppTransaction } from './writes.ts';

/** Every run-time query on the sessions table. Every one that takes an id from a caller also takes its user. */
export interface Store extends Revocations, Lookups {
  readonly insert: Insert;
  /** Answers whether `insert` failed because the database has a foreign key to users, and not this user. */
  isMissingUser(error: unknown): boolean;
  list(userId: string, live: LiveSince, options?: ListOptions): Promise<readonly LookedUpRow[]>;
  listPage(userId: string, live: LiveSince, page: Page, options?: RowOptions): Promise<readonly LookedUpRow[]>;
  /** A page of all users' sessions. */
  listAllPage(live: LiveSince, page: Page, now: number): Promise<readonly LookedUpRow[]>;
  get(userId: string, id: string, live: LiveSince, options?: RowOptions): Promise<LookedUpRow | undefined>;
  /** Changes a live session, and reads it. `undefined`: the user has no such session. */
  update(
    key: SessionKey,
    change: SessionChange,
    live: LiveSince,
    trx: AppTransaction | undefined,
  ): Promise<LookedUpRow | undefined>;
  /** Counts a new token of a session. `false`: another one came first, or the session is gone. */
  reissue(key: SessionKey, reissue: Reissue): Promise<boolean>;
  /** Finds up to `limit` sessions of any users that were issued before a time. */
  findIssuedBefore(time: number, limit: number): Promise<readonly SessionKey[]>;
  /** Finds how a session of a user ended. `undefined`: it is not recorded, or the store keeps no records. */
  findEnd(userId: string, id: string, now: number): Promise<EndRecord | undefined>;
  findEnds(userId: string, ids: readonly string[], now: number): Promise<readonly EndRecord[]>;
  /** Deletes the records of a user. Returns how many. */
  forgetUser(userId: string): Promise<number>;
  /** Reads the point from which `insert` knows the revocations of all, or all other, sessions of a user. */
  mark(): Promise<string>;
  /** Answers whether a text may be a mark: it may come from outside. */
  isMark(text: string): boolean;
  /** Begins a transaction of the app's, in which no other changes which sessions the user has. */
  transactionOf<TDatabase, TResult>(
    appDb: Kysely<TDatabase>,
    userId: string,
    work: (trx: Transaction<TDatabase>) => Promise<TResult>,
  ): Promise<TResult>;
  /**
   * Finds up to `limit` rows that have expired or gone idle, or else records that are too old, and deletes them. `undefined` when none
   * are left.
   */
  purge(live: LiveSince, limit: number): Promise<PurgedChunk | undefined>;
  /** Begins to write the log of SQLite back. `undefined` without a connection that runs our queries at once. */
  openWriteBack(): WriteBack | undefined;
  writeLastSeen(writes: readonly LastSeenWrite[]): Promise<void>;
  /** Counts attempts to sign in. */
  readonly attemptCounts: CountStore;
  /** Numbers the device marks of users. */
  readonly markNumbers: MarkNumbers;
  /** Ends all device marks of a user. */
  endMarks(userId: string, trx: AppTransaction): Promise<void>;
}

/** How a store uses its database. */
export interface StoreOptions extends ReadOptions {
  /** Another connection to the same database, for look-ups and lists. */
  readonly readDb?: Kysely<SessionsDatabase>;
  /** The connections below the two, if they run queries at once. */
  readonly direct?: DirectConnection | undefined;
  readonly readDirect?: DirectConnection | undefined;
  readonly limitTime?: TimeLimit;
  /** Whether it records how sessions end. @defaultValue `true` */
  readonly history?: boolean;
}

/**
 * Creates the store. Neither connection carries plugins: an app's own would rename our columns.
 */
export function createStore(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  name: TableName,
  {
    readDb = db,
    direct,
    readDirect,
    limitTime = (work) => work({ check() {} }),
    history: hasHistory = true,
    ...options
  }: StoreOptions = {},
): Store {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types know the table as `sessions`, whatever its name
  const sessions = referenceTo(name) as 'sessions';
  const { revocations, positions, attempts, history: ends } = companionsOf(name);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- and the other as `history`
  const endsTable = referenceTo(ends) as 'history';
  const tables = { sessions, revocations: referenceTo(revocations), positions: referenceTo(positions) };
  const queries = createQueries(db, dialect, sessions, endsTable, options);
  const order = dialect.createOrder(db, tables);
  const deletes = createDeletes(db, dialect, queries);
  const writes = createWrites(db, dialect, tables, { limitTime, direct });
  const recorded = (ending: Ending): Ending | undefined => (hasHistory ? ending : undefined);
  const history = createHistory({
    queries: queries.history,
    writes,
    deletes,
    readDb,
    readDirect,
    limitTime,
    isKept: hasHistory,
  });
  // On SQLite, a transaction saves the sync of one of two commits. Elsewhere it would cost round trips.
  const runDelete: Writes['runIn'] = (trx, work) =>
    dialect.isRemote || !hasHistory ? writes.runIn(trx, work) : writes.runTransaction(trx, work);

  const beside = { db, dialect, writes, deletes };
  const markNumbers = createMarkNumbers({ ...beside, table: tables.revocations });

  const readRows = async <TRow extends LookedUpRow>(query: CompiledQuery<TRow>): Promise<readonly TRow[]> => {
    if (readDirect?.isInTransaction() === false) return readDirect.run(query).rows.map(readNumbers);
    return limitTime(() => runRead(readDb, query));
  };

  return {
    ...createLookups({ queries, readDb, readDirect, limitTime }),

    async get(userId, id, live, rowOptions) {
      const [row] = await readRows(queries.get(userId, id, live, rowOptions));
      return row;
    },

    list: (userId, live, listOptions) => readRows(queries.list(userId, live, listOptions)),
    listPage: (userId, live, page, rowOptions) => readRows(queries.listPage(userId, live, page, rowOptions)),
    listAllPage: (live, page, now) => readRows(queries.listAllPage(live, page, now)),

    update: (key, change, live, trx) =>
      writes.runIn(trx, function* () {
        yield* ask(queries.update(key, change, live));
        const { rows } = yield* ask(queries.get(key.userId, key.id, live));
        return rows[0] && readNumbers(rows[0]);
      }),
    reissue: (key, reissue) =>
      writes.runIn(undefined, function* () {
        return (yield* deletes.run(queries.reissue(key, reissue))) > 0;
      }),

    insert: createInsert({ queries, order, writes, deletes, recorded }),
    isMissingUser: (error) => dialect.isForeignKeyViolation(error),

    ...createRevocations({ dialect, queries, order, writes, deletes, markNumbers, runDelete, recorded }),
    async findIssuedBefore(time, limit) {
      const { rows } = await limitTime(() => db.executeQuery(queries.findIssuedBefore(time, limit)));
      return rows.map(({ id, user_id: userId }) => ({ userId, id }));
    },
    findEnd: (userId, id, now) => history.find({ userId, id }, now),
    findEnds: (userId, ids, now) => history.findMany(userId, ids, now),
    forgetUser: (userId) => history.deleteAll(userId),

    mark: () => limitTime(() => order.mark(db)),
    isMark: (text) => order.isMark(text),
    transactionOf: (appDb, userId, work) => writes.runForApp(appDb, userId, work),

    purge: createPurge({ db, queries, deletes, history, runDelete, recorded, direct, limitTime }),
    openWriteBack: () => direct?.openWriteBack(),

    writeLastSeen: (lastSeen) => writes.runTogether(lastSeenQueries(queries, lastSeen)),
    attemptCounts: createAttemptCounts({ ...beside, table: referenceTo(attempts) }),
    markNumbers,
    endMarks: (userId, trx) => writes.runIn(trx, () => markNumbers.end(userId)),
  };
}
