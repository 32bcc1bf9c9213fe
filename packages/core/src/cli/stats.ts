import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from '../store/dialect.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import type { LiveSince } from '../store/store.ts';

/** The counts of sessions, users and devices. */
export interface Stats {
  readonly sessions: { readonly live: number; readonly idle: number; readonly expired: number };
  /** The users with a live session. */
  readonly users: number;
  /** The live sessions by type of device, the most frequent first. */
  readonly devices: readonly { readonly type: string | null; readonly live: number }[];
}

/** The type of a row's device: null if it is unknown, or if `device` is not JSON. One bad row must not fail the query. */
const deviceType: Readonly<Record<Dialect['name'], RawBuilder<string | null>>> = {
  sqlite: sql`case when json_valid(device) then json_extract(device, '$.type') end`,
  // A cast to json throws, and PostgreSQL has no test before version 16. JSON escapes quotes: only a key matches.
  postgres: sql`substring(device from '"type"[[:space:]]*:[[:space:]]*"([a-z]+)"')`,
  // Unquoted, a JSON null is a text.
  mysql: sql`case when json_valid(device) then nullif(json_unquote(json_extract(device, '$.type')), 'null') end`,
};

/** Counts the sessions. It reads the whole table, twice. */
export async function readStats(
  db: Kysely<SessionsDatabase>,
  { name, writeTime }: Dialect,
  table: string,
  live: LiveSince,
): Promise<Stats> {
  const now = writeTime(live.now);
  const isUnexpired = sql<boolean>`expires_at > ${now}`;
  const isLive = sql<boolean>`${isUnexpired} and last_seen_at > ${writeTime(live.seenAfter)}`;
  const from = db.selectFrom(sql<SessionsDatabase['sessions']>`${sql.table(table)}`.as('session'));
  const { total, unexpired, alive, users } = await from
    .select([
      sql`count(*)`.as('total'),
      sql`count(case when ${isUnexpired} then 1 end)`.as('unexpired'),
      sql`count(case when ${isLive} then 1 end)`.as('alive'),
      sql`count(distinct case when ${isLive} then user_id end)`.as('users'),
    ])
    .executeTakeFirstOrThrow();
  const devices = await from
    .select([deviceType[name].as('type'), sql`count(*)`.as('live')])
    .where(isLive)
    // By position: the name means the expression in one dialect, and a column in another.
    .groupBy(sql`1`)
    .orderBy(sql`2`, 'desc')
    .orderBy(sql`1`)
    .execute();
  // Drivers return counts as texts when they might not fit a number.
  return {
    sessions: {
      live: Number(alive),
      idle: Number(unexpired) - Number(alive),
      expired: Number(total) - Number(unexpired),
    },
    users: Number(users),
    devices: devices.map((row) => ({ type: row.type, live: Number(row.live) })),
  };
}
