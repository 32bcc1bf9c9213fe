import { sql, type CompiledQuery, type Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import { compileOnce } from './compiled-query.ts';
import type { Dialect, StoredTime } from './dialect.ts';
import { isLive, storeLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

/** A session of a user. */
export interface SessionKey {
  readonly userId: string;
  readonly id: string;
}

/** How a session changes. `undefined` leaves a part as it is, `null` removes it. */
export interface SessionChange {
  readonly name?: string | null | undefined;
  /** As JSON. */
  readonly data?: string | null | undefined;
  /** In milliseconds. */
  readonly updatedAt: number;
}

/** A token that replaces those of an earlier generation. Times are in milliseconds. */
export interface Reissue {
  /** The generation before it. If the row has another one, nothing is written. */
  readonly after: number;
  /** Until when a token of the generation before is good; `null` for no longer. */
  readonly graceUntil: number | null;
  readonly updatedAt: number;
}

/** The queries that change a session. They change no row that was revoked in the meantime. */
export interface UpdateQueries {
  update(key: SessionKey, change: SessionChange, live: LiveSince): CompiledQuery;
  reissue(key: SessionKey, reissue: Reissue): CompiledQuery;
}

/** Compiles the queries that change a session. */
export function createUpdateQueries(
  db: Kysely<SessionsDatabase>,
  { writeTime, returnsDeleted }: Dialect,
  sessions: 'sessions',
): UpdateQueries {
  const reissue = compileOnce<
    { id: string; userId: string; after: number; next: number; graceUntil: StoredTime | null; updatedAt: StoredTime },
    unknown
  >((value) => {
    const query = db
      .updateTable(sessions)
      .set({ generation: value('next'), grace_until: value('graceUntil'), updated_at: value('updatedAt') })
      .where('id', '=', value('id'))
      .where('user_id', '=', value('userId'))
      .where((column) => column(column.fn.coalesce('generation', sql.lit(0)), '=', value('after')));
    // A driver may leave out how many rows it changed: so the row counts itself, if the database can return it.
    return returnsDeleted ? query.returning(sql.lit(1).as('changed')) : query.$castTo<{ changed: number }>();
  });

  return {
    update({ userId, id }, { name, data, updatedAt }, live) {
      return db
        .updateTable(sessions)
        .set({
          updated_at: writeTime(updatedAt),
          ...(name !== undefined && { name }),
          ...(data !== undefined && { data }),
        })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where(isLive(storeLiveSince(live, writeTime)))
        .compile();
    },
    reissue: ({ userId, id }, { after, graceUntil, updatedAt }) =>
      reissue({
        id,
        userId,
        after,
        next: after + 1,
        graceUntil: graceUntil === null ? null : writeTime(graceUntil),
        updatedAt: writeTime(updatedAt),
      }),
  };
}
