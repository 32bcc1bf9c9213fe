import { sql, type RawBuilder } from 'kysely';
import type { LiveSince } from '../session/liveness.ts';
import type { Parameter } from './compiled-query.ts';
import type { StoredTime } from './dialect.ts';

/** The times of {@link LiveSince} as SQL takes them: stored times, or parameters for them. */
type Bounds<TTime> = { readonly [TName in keyof LiveSince]: TTime };
export type StoredLiveSince = Bounds<StoredTime>;
type SqlLiveSince = Bounds<StoredTime | RawBuilder<StoredTime>>;

// The rule of `session/liveness.ts` as SQL.

/** Selects the rows that are still sessions. */
export function isLive({ expiresAfter, seenAfter }: SqlLiveSince): RawBuilder<boolean> {
  return sql`${sql.ref('expires_at')} > ${expiresAfter} and ${sql.ref('last_seen_at')} > ${seenAfter}`;
}

/** The same with the parameters of a query that is compiled once. */
export function isStillLive(value: Parameter<StoredLiveSince>): RawBuilder<boolean> {
  return isLive({ expiresAfter: value('expiresAfter'), seenAfter: value('seenAfter') });
}

/** Selects the rows that have expired. */
export function isExpired({ expiresAfter }: Pick<SqlLiveSince, 'expiresAfter'>): RawBuilder<boolean> {
  return sql`${sql.ref('expires_at')} <= ${expiresAfter}`;
}

/** Selects the rows that have gone idle, those that have expired too included. */
export function isIdle({ seenAfter }: Pick<SqlLiveSince, 'seenAfter'>): RawBuilder<boolean> {
  return sql`${sql.ref('last_seen_at')} <= ${seenAfter}`;
}

/** {@link LiveSince} as a dialect stores it. */
export function storeLiveSince(
  { expiresAfter, seenAfter }: LiveSince,
  writeTime: (milliseconds: number) => StoredTime,
): StoredLiveSince {
  return { expiresAfter: writeTime(expiresAfter), seenAfter: writeTime(seenAfter) };
}
