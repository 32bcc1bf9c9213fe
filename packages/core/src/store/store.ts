import { sql, type CompiledQuery, type Kysely, type Transaction } from 'kysely';
import { chunksOf } from '../chunks.ts';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import { sessionsToEvict, type SessionCap } from '../session/session-cap.ts';
import type { SessionRow } from '../session/session.ts';
import { batchLookups, type Find } from './batch-lookups.ts';
import { readTimes } from './columns.ts';
import type { Dialect } from './dialect.ts';
import { lastSeenQueries } from './last-seen-queries.ts';
import { createQueries, type LastSeenWrite } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import { companionsOf, referenceTo, type TableName } from './table-name.ts';
import type { TimeLimit } from './time-limit.ts';
import { createWrites, type AppTransaction } from './writes.ts';

export type { LastSeenWrite } from './queries.ts';
export type { AppTransaction } from './writes.ts';

/** A session of a user. */
export interface SessionKey {
  readonly userId: string;
  readonly id: string;
}

/** How a row is inserted. */
export interface InsertOptions {
  readonly cap?: SessionCap | undefined;
  /** The mark from before the sign-in: after a revocation since then, nothing is inserted. */
  readonly since?: string | undefined;
  /** The session that the new one replaces. */
  readonly replaces?: SessionKey | undefined;
}

/** The sessions that made room for a new one. */
export interface Inserted {
  readonly evicted: readonly string[];
  /** Whether the session to replace existed. */
  readonly hasReplaced: boolean;
}

/** Every run-time query on the sessions table. Every one that takes an id from a caller also takes its user. */
export interface Store {
  find(id: string): Promise<SessionRow | undefined>;
  /**
   * Inserts a row. In the same transaction it deletes the session to replace, and evicts the user's least recently seen live
   * sessions beyond the cap. It runs in the app's transaction if one is given. `undefined`: all of the user's sessions were
   * revoked since the mark, and nothing was inserted.
   */
  insert(row: SessionRow, options: InsertOptions, trx: AppTransaction | undefined): Promise<Inserted | undefined>;
  /** Answers whether `insert` failed because the database has a foreign key to users, and not this user. */
  isMissingUser(error: unknown): boolean;
  list(userId: string, live: LiveSince, max?: number): Promise<readonly SessionRow[]>;
  listPage(userId: string, live: LiveSince, page: Page): Promise<readonly SessionRow[]>;
  get(userId: string, id: string, live: LiveSince): Promise<SessionRow | undefined>;
  deleteMany(userId: string, ids: readonly string[], trx?: AppTransaction): Promise<number>;
  /** Deletes all of a user's rows but one. That one must exist: otherwise it deletes nothing and returns `undefined`. */
  deleteOthers(userId: string, currentId: string, trx?: AppTransaction): Promise<number | undefined>;
  deleteAll(userId: string, trx?: AppTransaction): Promise<number>;
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
  /** Finds up to `limit` rows that have expired or gone idle, and deletes them. `undefined` when none are left. */
  purge(live: LiveSince, limit: number): Promise<PurgedChunk | undefined>;
  writeLastSeen(writes: readonly LastSeenWrite[]): Promise<void>;
}

/** Rows that were found to be purged, and how many of them this process deleted: another may have come first. */
export interface PurgedChunk {
  readonly ids: readonly string[];
  readonly deleted: number;
}

/** How a store uses its database. */
export interface StoreOptions {
  /** Another connection to the same database, for look-ups and lists. */
  readonly readDb?: Kysely<SessionsDatabase>;
  readonly limitTime?: TimeLimit;
}

/** SQLite has 32,766 parameters a statement, PostgreSQL 65,535. */
const maxIdsPerStatement = 1000;

/**
 * Creates the store. Neither connection carries plugins: an app's own would rename our columns.
 */
export function createStore(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  name: TableName,
  { readDb = db, limitTime = (work) => work({ check() {} }) }: StoreOptions = {},
): Store {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types know the table as `sessions`, whatever its name
  const sessions = referenceTo(name) as 'sessions';
  const { revocations, positions } = companionsOf(name);
  const tables = { sessions, revocations: referenceTo(revocations), positions: referenceTo(positions) };
  const queries = createQueries(db, dialect, sessions);
  const order = dialect.createOrder(tables);
  const writes = createWrites(db, dialect, tables, limitTime);

  async function evict(
    on: Kysely<SessionsDatabase>,
    row: SessionRow,
    cap: SessionCap,
    isLocked: boolean,
  ): Promise<readonly string[]> {
    const { user_id: userId } = row;
    const ids = sessionsToEvict(await read(on, queries.listToEvict(userId, cap.live)), row.id, cap);
    if (isLocked) {
      await deleteIds(on, userId, ids);
      return ids;
    }
    if (ids.length === 0) return [];
    // Other sign-ins may evict at the same time: together, they must not go below the cap.
    for (const chunk of chunksOf(ids, maxIdsPerStatement)) {
      await on.executeQuery(queries.evict(userId, chunk, cap.max, cap.live));
    }
    const left = new Set((await read(on, queries.list(userId, cap.live))).map(({ id }) => id));
    return ids.filter((id) => !left.has(id));
  }

  async function deleteIds(on: Kysely<SessionsDatabase>, userId: string, ids: readonly string[]): Promise<number> {
    let count = 0;
    for (const chunk of chunksOf(ids, maxIdsPerStatement)) {
      count += await deleted(on, queries.deleteMany(userId, chunk));
    }
    return count;
  }

  /** Runs a delete on one connection. Returns how many rows it deleted. A driver that leaves this out does not mean zero. */
  async function deleted(on: Kysely<SessionsDatabase>, query: CompiledQuery): Promise<number> {
    if (dialect.returnsDeleted) {
      const { numAffectedRows, rows } = await on.executeQuery(query);
      return Math.max(Number(numAffectedRows ?? 0), rows.length);
    }
    const { numAffectedRows } = await on.executeQuery(query);
    if (numAffectedRows !== undefined) return Number(numAffectedRows);
    const { rows } = await sql<{ count: unknown }>`select row_count() as count`.execute(on);
    return Number(rows[0]?.count);
  }

  const readRows = (query: CompiledQuery<SessionRow>): Promise<readonly SessionRow[]> =>
    limitTime(() => read(readDb, query));

  const lookUp: Find<SessionRow> = async (id) => {
    const { rows } = await limitTime(() => readDb.executeQuery(queries.find(id)));
    return rows[0] && readTimes(rows[0]);
  };

  return {
    find: dialect.isRemote
      ? batchLookups<SessionRow>({
          find: lookUp,
          findMany: (ids) => readRows(queries.findMany(ids)),
        })
      : lookUp,

    async get(userId, id, live) {
      const [row] = await readRows(queries.get(userId, id, live));
      return row;
    },

    list: (userId, live, max) => readRows(queries.list(userId, live, max)),
    listPage: (userId, live, page) => readRows(queries.listPage(userId, live, page)),

    async insert(row, { cap, since, replaces }, trx) {
      const userId = row.user_id;
      const isRefused = async (on: Kysely<SessionsDatabase>): Promise<boolean> =>
        since !== undefined && order.hasRevokedSince(on, userId, since);
      const insertAndEvict = async (on: Kysely<SessionsDatabase>, isLocked: boolean): Promise<Inserted | undefined> => {
        if (await isRefused(on)) return undefined;
        await on.executeQuery(queries.insert(row));
        // Without a lock, a revocation may have come in between. It is recorded first: either it deletes the row, or we do.
        if (!isLocked && (await isRefused(on))) {
          await deleteIds(on, userId, [row.id]);
          return undefined;
        }
        const replaced = replaces === undefined ? 0 : await deleteIds(on, replaces.userId, [replaces.id]);
        return { evicted: cap === undefined ? [] : await evict(on, row, cap, isLocked), hasReplaced: replaced > 0 };
      };
      const needsLock = cap !== undefined || since !== undefined || replaces !== undefined;
      return needsLock
        ? writes.runLocked(userId, trx, insertAndEvict)
        : writes.runIn(trx, (on) => insertAndEvict(on, true));
    },

    isMissingUser: (error) => dialect.isForeignKeyViolation(error),

    deleteMany: (userId, ids, trx) => writes.runIn(trx, (on) => deleteIds(on, userId, ids)),
    deleteOthers: (userId, currentId, trx) =>
      writes.runLocked(userId, trx, async (on) => {
        await order.record(on, userId);
        // Two sessions may do this to each other at once: the second must find that it is gone.
        const count = await deleted(on, queries.deleteOthers(userId, currentId));
        if (count > 0) return count;
        const { rows } = await on.executeQuery(queries.findToKeep(userId, currentId));
        return rows.length > 0 ? 0 : undefined;
      }),
    deleteAll: (userId, trx) =>
      writes.runLocked(userId, trx, async (on) => {
        await order.record(on, userId);
        return deleted(on, queries.deleteAll(userId));
      }),

    mark: () => limitTime(() => order.mark(db)),
    isMark: (text) => order.isMark(text),
    transactionOf: (appDb, userId, work) => writes.runForApp(appDb, userId, work),

    async purge(live, limit) {
      // Two look-ups, each on its own index: MySQL has no DELETE … RETURNING, and PostgreSQL no DELETE … LIMIT.
      const find = (why: 'expired' | 'idle') =>
        limitTime(() => db.executeQuery(queries.findPurgeable(why, live, limit)));
      let { rows } = await find('expired');
      if (rows.length === 0) ({ rows } = await find('idle'));
      if (rows.length === 0) return undefined;
      const ids = rows.map(({ id }) => id);
      return { ids, deleted: await writes.run((on) => deleted(on, queries.purge(ids, live))) };
    },

    writeLastSeen: (lastSeen) => writes.runTogether(lastSeenQueries(queries, lastSeen)),
  };
}

/** Runs a query for rows. */
async function read(db: Kysely<SessionsDatabase>, query: CompiledQuery<SessionRow>): Promise<readonly SessionRow[]> {
  const { rows } = await db.executeQuery(query);
  return rows.map(readTimes);
}
