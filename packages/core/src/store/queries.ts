import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { SessionRow } from '../session/session.ts';
import { columnNames, storeTimes } from './columns.ts';
import { compileForIds, compileOnce } from './compiled-query.ts';
import { createDeleteQueries, type DeleteQueries } from './delete-queries.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import { createReadQueries, type ReadOptions, type ReadQueries } from './read-queries.ts';
import type { SessionsDatabase } from './schema.ts';
import { createStaffQueries, type StaffQueries } from './staff-queries.ts';
import { createUpdateQueries, type UpdateQueries } from './update-queries.ts';

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

/** The queries on the sessions table, compiled. They take times in milliseconds, and run nothing. */
export interface Queries extends ReadQueries, DeleteQueries, StaffQueries, UpdateQueries {
  insert(row: SessionRow): CompiledQuery;
  writeLastSeen(write: LastSeenWrite): CompiledQuery;
  /** The same write for sessions of which only last seen changes. */
  writeLastSeenOfMany(ids: readonly string[], write: Pick<LastSeenWrite, 'seenAt' | 'seenBefore'>): CompiledQuery;
}

/**
 * Compiles the queries, once for all if their text is always the same.
 *
 * @param db - only builds queries. It carries no plugins: an app's own would rename our columns
 */
export function createQueries(
  db: Kysely<SessionsDatabase>,
  dialect: Dialect,
  sessions: 'sessions',
  history: 'history',
  options: ReadOptions = {},
): Queries {
  const { writeTime, maxListedIds } = dialect;

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

  const writeLastSeenOfMany = compileForIds<{ seenAt: StoredTime; seenBefore: StoredTime }, unknown>(
    (ids, value) =>
      db
        .updateTable(sessions)
        .set({ last_seen_at: value('seenAt') })
        .where('id', 'in', ids)
        .where('last_seen_at', '<=', value('seenBefore')),
    maxListedIds,
  );

  return {
    ...createReadQueries(db, dialect, sessions, options),
    ...createDeleteQueries(db, dialect, { sessions, history }),
    ...createStaffQueries(db, dialect, sessions),
    ...createUpdateQueries(db, dialect, sessions),
    insert: (newRow) => insert(storeTimes(newRow, writeTime)),
    writeLastSeen: (write) =>
      writeLastSeen({ ...write, seenAt: writeTime(write.seenAt), seenBefore: writeTime(write.seenBefore) }),
    writeLastSeenOfMany: (ids, { seenAt, seenBefore }) =>
      writeLastSeenOfMany(ids, { seenAt: writeTime(seenAt), seenBefore: writeTime(seenBefore) }),
  };
}
