import type { Kysely } from 'kysely';
import type { DirectConnection } from '../drivers/direct-connection.ts';
import type { EndRecord } from '../session/session-end.ts';
import { batchLookups } from './batch-lookups.ts';
import type { Deletes } from './run-deletes.ts';
import type { HistoryQueries, RecordKey } from './history-queries.ts';
import type { SessionsDatabase } from './schema.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Writes } from './writes.ts';

/** Rows that were found to be purged, and how many of them this process deleted: another may have come first. */
export interface PurgedChunk {
  readonly ids: readonly string[];
  readonly deleted: number;
  /** Whether the rows are records of sessions that ended earlier. */
  readonly areRecords?: boolean;
}

/** Reads and deletes the records of how sessions ended. */
export interface History {
  /** Finds a record, unless it is too old. The look-ups of one turn of the event loop share a query. */
  find(key: RecordKey, now: number): Promise<EndRecord | undefined>;
  findMany(userId: string, ids: readonly string[], now: number): Promise<readonly EndRecord[]>;
  deleteAll(userId: string): Promise<number>;
  /** Deletes up to `limit` records that are too old. `undefined` when none are left. */
  purge(now: number, limit: number): Promise<PurgedChunk | undefined>;
}

/** The parts that read and delete records. */
export interface HistoryParts {
  readonly queries: HistoryQueries;
  readonly writes: Pick<Writes, 'runIn'>;
  readonly deletes: Pick<Deletes, 'run'>;
  readonly readDb: Kysely<SessionsDatabase>;
  /** The connection below `readDb`, if it runs queries at once. */
  readonly readDirect: DirectConnection | undefined;
  readonly limitTime: TimeLimit;
  /** Whether records are kept. Those from before it was switched off are purged all the same. */
  readonly isKept: boolean;
}

/** The id of a session has no spaces. */
const nameOf = ({ userId, id }: RecordKey): string => `${id} ${userId}`;

function keyOf(name: string): RecordKey {
  const end = name.indexOf(' ');
  return { id: name.slice(0, end), userId: name.slice(end + 1) };
}

export function createHistory({
  queries,
  writes,
  deletes,
  readDb,
  readDirect,
  limitTime,
  isKept,
}: HistoryParts): History {
  let now = 0;

  const lookUp = batchLookups<EndRecord & { readonly record: EndRecord }>({
    async find(name) {
      const { rows } = await limitTime(() => readDb.executeQuery(queries.find(keyOf(name), now)));
      return rows[0] && named(rows[0]);
    },
    async findMany(names) {
      const ids = Array.from(new Set(names.map((name) => keyOf(name).id)));
      const { rows } = await limitTime(() => readDb.executeQuery(queries.findMany(ids, now)));
      // The name holds the user: the record of another user's session answers no look-up.
      return rows.map(named);
    },
  });

  return {
    async find(key, at) {
      if (!isKept) return undefined;
      if (readDirect !== undefined && !readDirect.isInTransaction()) {
        const row = readDirect.first(queries.find(key, at));
        return row && named(row).record;
      }
      now = at;
      return (await lookUp(nameOf(key)))?.record;
    },
    async findMany(userId, ids, at) {
      if (!isKept || ids.length === 0) return [];
      const { rows } = await limitTime(() => readDb.executeQuery(queries.findOfUser(userId, ids, at)));
      return rows.map((row) => named(row).record);
    },
    deleteAll: (userId) => writes.runIn(undefined, () => deletes.run(queries.deleteAll(userId))),
    async purge(before, limit) {
      const { rows } = await limitTime(() => readDb.executeQuery(queries.findPurgeable(before, limit)));
      if (rows.length === 0) return undefined;
      const ids = rows.map(({ id }) => id);
      const deleted = await writes.runIn(undefined, () => deletes.run(queries.purge(ids, before)));
      return { ids, deleted, areRecords: true };
    },
  };
}

function named(row: EndRecord): EndRecord & { readonly record: EndRecord } {
  // A driver may give a time as a text or as a bigint.
  const endedAt: unknown = row.ended_at;
  const record = { ...row, ended_at: Number(endedAt) };
  return { ...record, id: nameOf({ userId: row.user_id, id: row.id }), record };
}
