import { sql, type Expression, type Kysely, type RawBuilder } from 'kysely';
import type { Parameter } from './compiled-query.ts';
import type { Dialect } from './dialect.ts';
import { isStillLive, type StoredLiveSince } from './liveness-sql.ts';
import type { SessionsDatabase } from './schema.ts';

export interface EvictParameters extends StoredLiveSince {
  readonly userId: string;
  readonly max: number;
}

/** Selects the sessions to evict on a database without the user's lock: it counts the live sessions itself. */
export function evictedOf(db: Kysely<SessionsDatabase>, { locksKept }: Dialect, sessions: 'sessions') {
  return (ids: RawBuilder<string>, value: Parameter<EvictParameters>): Expression<string> => {
    const live = db
      .selectFrom(sessions)
      .select([
        'id',
        'last_seen_at',
        'created_at',
        sql<number>`case when ${sql.ref('id')} in ${ids} then 1 else 0 end`.as('may_go'),
      ])
      .where('user_id', '=', value('userId'))
      .where(isStillLive(value))
      .orderBy('id');
    // In a table of its own: MySQL reads no table that a statement deletes from.
    const ranked = db
      .selectFrom((locksKept ? live.forUpdate() : live).as('live'))
      .select([
        'id',
        'may_go',
        sql<number>`count(*) over ()`.as('total'),
        sql<number>`row_number() over (partition by may_go order by last_seen_at, created_at, id)`.as('place'),
      ]);
    const evicted = db
      .selectFrom(ranked.as('ranked'))
      .select('id')
      .where('may_go', '=', 1)
      .where(sql<boolean>`place + ${value('max')} <= total`);
    return evicted.$asScalar();
  };
}
