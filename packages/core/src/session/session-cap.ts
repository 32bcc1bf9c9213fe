import type { LiveSince } from './liveness.ts';
import type { SessionRow } from './session.ts';

/** How many live sessions a user may have. */
export interface SessionCap {
  readonly max: number;
  readonly live: LiveSince;
  /** The time of a session's last-seen write that is still waiting; `-Infinity` for none. */
  readonly waitingSeenAt: (id: string) => number;
}

/**
 * Chooses the sessions that a new one evicts: the least recently seen beyond the cap. Returns their ids.
 *
 * @param rows - the user's live sessions as the store lists them
 * @param isAlone - whether the user's sessions are locked. If not, two new sessions may evict at once. By the same order of
 *   all, they do not evict each other
 */
export function sessionsToEvict(
  rows: readonly SessionRow[],
  newId: string,
  { max, waitingSeenAt }: SessionCap,
  isAlone: boolean,
): readonly string[] {
  const seenAt = ({ id, last_seen_at }: SessionRow): number =>
    isAlone && id === newId ? Infinity : Math.max(last_seen_at, waitingSeenAt(id));
  const byLastSeen = rows.toSorted((a, b) => seenAt(b) - seenAt(a));
  return byLastSeen.slice(max).flatMap(({ id }) => (id === newId ? [] : [id]));
}
