import type { LiveSince } from './liveness.ts';
import type { LookedUpRow } from './session.ts';

/** How many live sessions a user may have. */
export interface SessionCap {
  readonly max: number;
  readonly live: LiveSince;
  /** The time of a session's last-seen write that is still waiting; `-Infinity` for none. */
  readonly waitingSeenAt: (id: string) => number;
}

type SeenRow = Pick<LookedUpRow, 'id' | 'last_seen_at'>;

/** Chooses the sessions that a new one evicts: the least recently seen beyond the cap. Returns their ids. */
export function sessionsToEvict(
  rows: readonly SeenRow[],
  newId: string,
  { max, waitingSeenAt }: SessionCap,
): readonly string[] {
  const seenAt = ({ id, last_seen_at }: SeenRow): number => Math.max(last_seen_at, waitingSeenAt(id));
  const others = rows.filter(({ id }) => id !== newId).toSorted((a, b) => seenAt(b) - seenAt(a));
  return others.slice(max - 1).map(({ id }) => id);
}
