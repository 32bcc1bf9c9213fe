import type { CompiledQuery, Kysely } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Page } from '../session/page.ts';
import type { LookedUpRow } from '../session/session.ts';
import { isTimeColumn, lookedUpColumns } from './columns.ts';
import type { Dialect } from './dialect.ts';
import { isLive, storeLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

/** The queries on the sessions of all users. They read the index of `created_at` and `id`, from one of its ends. */
export interface StaffQueries {
  /** A page of all users' sessions that were issued until now, the newest first. */
  listAllPage(live: LiveSince, page: Page, now: number): CompiledQuery<LookedUpRow>;
  /** Up to `limit` rows that were issued before a time, the oldest first. */
  findIssuedBefore(time: number, limit: number): CompiledQuery<Pick<LookedUpRow, 'id' | 'user_id'>>;
}

/** Compiles the queries on the sessions of all users. */
export function createStaffQueries(
  db: Kysely<SessionsDatabase>,
  { readTime, writeTime }: Dialect,
  sessions: 'sessions',
): StaffQueries {
  const rows = db
    .selectFrom(sessions)
    .select(lookedUpColumns.map((name) => (isTimeColumn(name) ? readTime(name).as(name) : name)))
    .$castTo<LookedUpRow>();

  return {
    listAllPage(live, { limit, after }, now) {
      // With a first time, every page is a range of the index.
      const first = writeTime(after?.createdAt ?? now);
      const page = rows
        .where('created_at', '<=', first)
        .where(isLive(storeLiveSince(live, writeTime)))
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit);
      if (after === undefined) return page.compile();
      return page
        .where((column) => column.or([column('created_at', '<', first), column('id', '<', after.id)]))
        .compile();
    },
    findIssuedBefore: (time, limit) =>
      db
        .selectFrom(sessions)
        .select(['id', 'user_id'])
        .where('created_at', '<', writeTime(time))
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit)
        .compile(),
  };
}
