import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Dialect } from '../store/dialect.ts';
import { isExpired, isLive, storeLiveSince } from '../store/liveness-sql.ts';
import type { SessionsDatabase } from '../store/schema.ts';

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
  const stored = storeLiveSince(live, writeTime);
  const from = db.selectFrom(sql<SessionsDatabase['sessions']>`${sql.table(table)}`.as('session'));
  const { total, expired, alive, users } = await from
    .select([
      sql`count(*)`.as('total'),
      sql`count(case when ${isExpired(stored)} then 1 end)`.as('expired'),
      sql`count(case when ${isLive(stored)} then 1 end)`.as('alive'),
      sql`count(distinct case when ${isLive(stored)} then user_id end)`.as('users'),
    ])
    .executeTakeFirstOrThrow();
  const devices = await from
    .select([deviceType[name].as('type'), sql`count(*)`.as('live')])
    .where(isLive(stored))
    // By position: the name means the expression in one dialect, and a column in another.
    .groupBy(sql`1`)
    .orderBy(sql`2`, 'desc')
    .orderBy(sql`1`)
    .execute();
  // Drivers return counts as texts when they might not fit a number.
  return {
    sessions: {
      live: Number(alive),
      idle: Number(total) - Number(expired) - Number(alive),
      expired: Number(expired),
    },
    users: Number(users),
    devices: devices.map((row) => ({ type: row.type, live: Number(row.live) })),
  };
}
