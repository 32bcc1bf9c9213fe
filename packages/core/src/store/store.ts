import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery, Kysely } from 'kysely';
import type { Dialect } from './dialect.ts';
import { gatherLookups, type Find } from './batch-lookups.ts';
import { createQueries, type Queries, type IdentifiedRow, type LiveSince, type NewRow, type Touch } from './queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { Page } from '../session/page.ts';
import type { SessionRow } from '../session/session.ts';
import type { TableName } from './table-name.ts';

export type { LiveSince, NewRow, Touch } from './queries.ts';

/** How many live sessions a user may have. */
export interface Cap {
  readonly max: number;
  readonly live: LiveSince;
  /** When a session was last seen by what is not written yet; `-Infinity` where nothing is. */
  readonly seenAt: (id: string) => number;
}

/** A transaction that the app has begun and will end: its own plugins are already off. */
export type AppTransaction = Kysely<SessionsDatabase>;

/** Every run-time query on the sessions table. Every one that takes an id from a caller also takes its user. */
export interface Store {
  find(id: string): Promise<SessionRow | undefined>;
  /**
   * Inserts a row and, in the same transaction, ends the user's least recently seen live sessions beyond the cap.
   * Returns their ids. In a transaction of the app's, where one is given.
   */
  insert(row: NewRow, cap: Cap | undefined, trx: AppTransaction | undefined): Promise<readonly string[]>;
  list(userId: string, live: LiveSince, page?: Page): Promise<readonly IdentifiedRow[]>;
  get(userId: string, id: string, live: LiveSince): Promise<SessionRow | undefined>;
  deleteMany(userId: string, ids: readonly string[]): Promise<number>;
  /** Deletes all of a user's rows but one, which must exist: `undefined`, and nothing deleted, where it is gone. */
  deleteOthers(userId: string, currentId: string): Promise<number | undefined>;
  deleteAll(userId: string): Promise<number>;
  /** Deletes up to `limit` rows that are no longer live. Returns how many; `undefined` when there are none left. */
  deleteDead(live: LiveSince, limit: number): Promise<number | undefined>;
  touch(touches: readonly Touch[]): Promise<void>;
}

/** How often a write is tried that others keep undoing. */
const maxAttempts = 5;
/** How many ids one statement takes: SQLite has 32,766 parameters, PostgreSQL 65,535. */
const maxIds = 1000;

/**
 * Puts the store together. Neither connection carries plugins: an app's own would rename our columns.
 *
 * @param readDb - what look-ups and lists ask: another connection to the same database
 */
export function createStore(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  { schema, table }: TableName,
  readDb: Kysely<SessionsDatabase> = db,
): Store {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name is only a name: the types know the table as `sessions`, whatever it is called
  const sessions = (schema === undefined ? table : `${schema}.${table}`) as 'sessions';
  const queries = createQueries(db, dialect, sessions);

  async function insertAndEvict(
    on: Kysely<SessionsDatabase>,
    newRow: NewRow,
    cap: Cap | undefined,
  ): Promise<readonly string[]> {
    await on.executeQuery(queries.insert(newRow));
    if (cap === undefined) return [];
    const rows = await read(on, queries.listToEvict(newRow.user_id, cap.live));
    const seenAt = ({ id, last_seen_at }: IdentifiedRow): number => Math.max(last_seen_at, cap.seenAt(id));
    const others = rows.filter(({ id }) => id !== newRow.id).toSorted((a, b) => seenAt(b) - seenAt(a));
    const evicted = others.slice(cap.max - 1).map(({ id }) => id);
    await deleteIds(on, newRow.user_id, evicted);
    return evicted;
  }

  async function deleteIds(on: Kysely<SessionsDatabase>, userId: string, ids: readonly string[]): Promise<number> {
    let count = 0;
    for (let start = 0; start < ids.length; start += maxIds) {
      count += await changed(on, queries.deleteMany(userId, ids.slice(start, start + maxIds)));
    }
    return count;
  }

  /** Runs a write, again where another at the same moment undid it. */
  async function write<TResult>(work: () => Promise<TResult>): Promise<TResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === maxAttempts || !dialect.isConflict(error)) throw error;
        await sleep(attempt * Math.random() * 10);
      }
    }
  }

  /** Runs a transaction in which nobody else changes which sessions a user has. */
  const alone = <TResult>(
    userId: string,
    work: (trx: Kysely<SessionsDatabase>) => Promise<TResult>,
  ): Promise<TResult> => write(() => dialect.alone(db, { table: sessions, userId }, work));

  const lookUp: Find<SessionRow> = async (id) => {
    const { rows } = await readDb.executeQuery(queries.find(id));
    return rows[0] && timed(rows[0]);
  };

  return {
    find: dialect.isRemote
      ? gatherLookups<SessionRow>({
          find: lookUp,
          findMany: (ids) => read(readDb, queries.findMany(ids)),
        })
      : lookUp,

    async get(userId, id, live) {
      const [row] = await read(readDb, queries.get(userId, id, live));
      return row;
    },

    list: (userId, live, page) => read(readDb, queries.list(userId, live, page)),

    insert(newRow, cap, trx) {
      const work = (on: Kysely<SessionsDatabase>): Promise<readonly string[]> => insertAndEvict(on, newRow, cap);
      if (trx === undefined) return cap === undefined ? write(() => work(db)) : alone(newRow.user_id, work);
      if (cap === undefined) return work(trx);
      return dialect
        .lock({ table: sessions, userId: newRow.user_id })
        .execute(trx)
        .then(() => work(trx));
    },

    deleteMany: (userId, ids) => write(() => deleteIds(db, userId, ids)),
    deleteOthers: (userId, currentId) =>
      // Two sessions may do this to each other at once: the one that comes second must find that it is gone.
      alone(userId, async (trx) => {
        const { rows } = await trx.executeQuery(queries.find(currentId));
        return rows[0]?.user_id === userId ? changed(trx, queries.deleteOthers(userId, currentId)) : undefined;
      }),
    deleteAll: (userId) => write(() => changed(db, queries.deleteAll(userId))),

    async deleteDead(live, limit) {
      // Two look-ups, each on its own index; MySQL has no DELETE … RETURNING and PostgreSQL no DELETE … LIMIT.
      let { rows } = await db.executeQuery(queries.dead('expired', live, limit));
      if (rows.length === 0) ({ rows } = await db.executeQuery(queries.dead('idle', live, limit)));
      if (rows.length === 0) return undefined;
      const ids = rows.map(({ id }) => id);
      return write(() => changed(db, queries.deleteDead(ids, live)));
    },

    async touch(touches) {
      const writes = touchQueries(queries, touches);
      const [first, ...rest] = writes;
      if (first === undefined) return;
      await write(async () => {
        if (rest.length === 0) await db.executeQuery(first);
        else await db.transaction().execute((trx) => each(writes, (query) => trx.executeQuery(query)));
      });
    },
  };
}

/** The same second, in milliseconds, is the same time of last being seen. */
const sameTime = 1000;

/** One query for all that were seen in the same second, and one for each whose address is new. */
function touchQueries(queries: Queries, touches: readonly Touch[]): CompiledQuery[] {
  const seconds = Map.groupBy(
    touches.filter(({ ip }) => ip === null),
    ({ seenAt }) => Math.floor(seenAt / sameTime),
  );
  return [
    ...touches.filter(({ ip }) => ip !== null).map((touch) => queries.touch(touch)),
    ...[...seconds.values()].map((together) => {
      const [first] = together;
      if (first !== undefined && together.length === 1) return queries.touch(first);
      return queries.touchMany(
        together.map(({ id }) => id),
        // No later than any was seen, and none left out that was due.
        {
          seenAt: Math.min(...together.map(({ seenAt }) => seenAt)),
          seenBefore: Math.max(...together.map(({ seenBefore }) => seenBefore)),
        },
      );
    }),
  ];
}

/** One after the other: they share a connection. */
async function each<TItem>(items: Iterable<TItem>, work: (item: TItem) => Promise<unknown>): Promise<void> {
  for (const item of items) await work(item);
}

/** Runs a query for rows. */
async function read<TRow extends SessionRow>(
  db: Kysely<SessionsDatabase>,
  query: CompiledQuery<TRow>,
): Promise<readonly TRow[]> {
  const { rows } = await db.executeQuery(query);
  return rows.map(timed);
}

/** An app may have its driver give numbers as texts or as bigints: no comparison of times may be one of texts. */
function timed<TRow extends SessionRow>(row: TRow): TRow {
  const { created_at, last_seen_at, expires_at } = row;
  if (typeof created_at === 'number' && typeof last_seen_at === 'number' && typeof expires_at === 'number') return row;
  return {
    ...row,
    created_at: readTime(created_at),
    last_seen_at: readTime(last_seen_at),
    expires_at: readTime(expires_at),
  };
}

function readTime(value: unknown): number {
  const time = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new Error(`the database's driver gives times as ${typeof value}: expected numbers`);
}

/** Runs a write. Returns how many rows it changed. */
async function changed(db: Kysely<SessionsDatabase>, query: CompiledQuery): Promise<number> {
  const { numAffectedRows } = await db.executeQuery(query);
  return Number(numAffectedRows ?? 0);
}
