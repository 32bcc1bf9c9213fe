import { setTimeout as sleep } from 'node:timers/promises';
import { sql, type CompiledQuery, type Kysely } from 'kysely';
import { chunksOf } from '../chunks.ts';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import { sessionsToEvict, type SessionCap } from '../session/session-cap.ts';
import type { SessionRow } from '../session/session.ts';
import { batchLookups, type Find } from './batch-lookups.ts';
import { readTimes } from './columns.ts';
import type { Dialect, UserLock } from './dialect.ts';
import { createQueries, type LastSeenWrite, type Queries } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TableName } from './table-name.ts';
import type { TimeLimit } from './time-limit.ts';

export type { LastSeenWrite } from './queries.ts';

/** A transaction that the app began and will end. Its own plugins are already off. */
export type AppTransaction = Kysely<SessionsDatabase>;

/** Every run-time query on the sessions table. Every one that takes an id from a caller also takes its user. */
export interface Store {
  find(id: string): Promise<SessionRow | undefined>;
  /**
   * Inserts a row and, in the same transaction, evicts the user's least recently seen live sessions beyond the cap.
   * Returns their ids. It runs in the app's transaction if one is given.
   */
  insert(row: SessionRow, cap: SessionCap | undefined, trx: AppTransaction | undefined): Promise<readonly string[]>;
  /** Answers whether `insert` failed because the database has a foreign key to users, and not this user. */
  isMissingUser(error: unknown): boolean;
  list(userId: string, live: LiveSince, max?: number): Promise<readonly SessionRow[]>;
  listPage(userId: string, live: LiveSince, page: Page): Promise<readonly SessionRow[]>;
  get(userId: string, id: string, live: LiveSince): Promise<SessionRow | undefined>;
  deleteMany(userId: string, ids: readonly string[], trx?: AppTransaction): Promise<number>;
  /** Deletes all of a user's rows but one. That one must exist: otherwise it deletes nothing and returns `undefined`. */
  deleteOthers(userId: string, currentId: string, trx?: AppTransaction): Promise<number | undefined>;
  deleteAll(userId: string, trx?: AppTransaction): Promise<number>;
  /** Deletes up to `limit` rows that have expired or gone idle. Returns how many; `undefined` when none are left. */
  purge(live: LiveSince, limit: number): Promise<number | undefined>;
  writeLastSeen(writes: readonly LastSeenWrite[]): Promise<void>;
}

/** How a store uses its database. */
export interface StoreOptions {
  /** Another connection to the same database, for look-ups and lists. */
  readonly readDb?: Kysely<SessionsDatabase>;
  readonly limitTime?: TimeLimit;
}

/** How often a write is attempted that conflicts with concurrent ones. */
const maxAttempts = 5;
/** SQLite has 32,766 parameters a statement, PostgreSQL 65,535. */
const maxIdsPerStatement = 1000;

/**
 * Creates the store. Neither connection carries plugins: an app's own would rename our columns.
 */
export function createStore(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  { schema, table }: TableName,
  { readDb = db, limitTime = (work) => work({ check() {} }) }: StoreOptions = {},
): Store {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types know the table as `sessions`, whatever its name
  const sessions = (schema === undefined ? table : `${schema}.${table}`) as 'sessions';
  const queries = createQueries(db, dialect, sessions);

  async function insertAndEvict(
    on: Kysely<SessionsDatabase>,
    row: SessionRow,
    cap: SessionCap | undefined,
  ): Promise<readonly string[]> {
    await on.executeQuery(queries.insert(row));
    if (cap === undefined) return [];
    const rows = await read(on, queries.listToEvict(row.user_id, cap.live));
    const evicted = sessionsToEvict(rows, row.id, cap);
    await deleteIds(on, row.user_id, evicted);
    return evicted;
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

  type Work<TResult> = (on: Kysely<SessionsDatabase>) => Promise<TResult>;

  /** Runs a write on a connection, and retries it on a conflict. It never runs once its caller has given up. */
  const write = <TResult>(work: Work<TResult>, lock?: UserLock): Promise<TResult> =>
    limitTime(async (wait) => {
      const run: Work<TResult> = (on) => {
        wait.check();
        return work(on);
      };
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db.connection().execute((connection) => {
            wait.check();
            return lock === undefined ? work(connection) : dialect.withUserLock(connection, lock, run);
          });
        } catch (error) {
          if (attempt === maxAttempts || !dialect.isConflict(error)) throw error;
          await sleep(attempt * Math.random() * 10);
        }
      }
    });

  /** Runs a write in the app's transaction, which only the app can retry, or by itself. */
  const writeOn = <TResult>(trx: AppTransaction | undefined, work: Work<TResult>): Promise<TResult> =>
    trx === undefined ? write(work) : limitTime(() => work(trx));

  /** Runs a write during which no other changes which sessions a user has. In the app's transaction, until its end. */
  function writeWithUserLock<TResult>(
    userId: string,
    trx: AppTransaction | undefined,
    work: Work<TResult>,
  ): Promise<TResult> {
    const lock = { table: sessions, userId };
    if (trx === undefined) return write(work, lock);
    return limitTime(async (wait) => {
      await dialect.lock(lock).execute(trx);
      wait.check();
      return work(trx);
    });
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

    insert(row, cap, trx) {
      const work: Work<readonly string[]> = (on) => insertAndEvict(on, row, cap);
      return cap === undefined ? writeOn(trx, work) : writeWithUserLock(row.user_id, trx, work);
    },

    isMissingUser: (error) => dialect.isForeignKeyViolation(error),

    deleteMany: (userId, ids, trx) => writeOn(trx, (on) => deleteIds(on, userId, ids)),
    deleteOthers: (userId, currentId, trx) =>
      // Two sessions may do this to each other at once: the second must find that it is gone.
      writeWithUserLock(userId, trx, async (on) => {
        const { rows } = await on.executeQuery(queries.findToKeep(userId, currentId));
        return rows.length > 0 ? deleted(on, queries.deleteOthers(userId, currentId)) : undefined;
      }),
    deleteAll: (userId, trx) => writeOn(trx, (on) => deleted(on, queries.deleteAll(userId))),

    async purge(live, limit) {
      // Two look-ups, each on its own index: MySQL has no DELETE … RETURNING, and PostgreSQL no DELETE … LIMIT.
      const find = (why: 'expired' | 'idle') =>
        limitTime(() => db.executeQuery(queries.findPurgeable(why, live, limit)));
      let { rows } = await find('expired');
      if (rows.length === 0) ({ rows } = await find('idle'));
      if (rows.length === 0) return undefined;
      const ids = rows.map(({ id }) => id);
      return write((on) => deleted(on, queries.purge(ids, live)));
    },

    async writeLastSeen(writes) {
      const statements = lastSeenQueries(queries, writes);
      const [first, ...rest] = statements;
      if (first === undefined) return;
      await write(async (on) => {
        if (rest.length === 0) await on.executeQuery(first);
        else await on.transaction().execute((trx) => runEach(trx, statements));
      });
    },
  };
}

/** Sessions seen within the same second, in milliseconds, share a last-seen time. */
const sameTime = 1000;

/** Answers whether a write has more than the time. */
function isOfCaller({ ip, device }: LastSeenWrite): boolean {
  return ip !== null || device !== null;
}

/** One query for all sessions seen in the same second, and one for each whose address or device is new. */
function lastSeenQueries(queries: Queries, writes: readonly LastSeenWrite[]): CompiledQuery[] {
  const seconds = Map.groupBy(
    writes.filter((write) => !isOfCaller(write)),
    ({ seenAt }) => Math.floor(seenAt / sameTime),
  );
  return [
    ...writes.filter(isOfCaller).map((write) => queries.writeLastSeen(write)),
    ...[...seconds.values()].map((together) => {
      const [first] = together;
      if (first !== undefined && together.length === 1) return queries.writeLastSeen(first);
      return queries.writeLastSeenOfMany(
        together.map(({ id }) => id),
        // The earliest time, and the latest threshold.
        {
          seenAt: Math.min(...together.map(({ seenAt }) => seenAt)),
          seenBefore: Math.max(...together.map(({ seenBefore }) => seenBefore)),
        },
      );
    }),
  ];
}

/** Runs queries one after the other, on the connection that they share. */
async function runEach(db: Kysely<SessionsDatabase>, queries: readonly CompiledQuery[]): Promise<void> {
  for (const query of queries) await db.executeQuery(query);
}

/** Runs a query for rows. */
async function read(db: Kysely<SessionsDatabase>, query: CompiledQuery<SessionRow>): Promise<readonly SessionRow[]> {
  const { rows } = await db.executeQuery(query);
  return rows.map(readTimes);
}
