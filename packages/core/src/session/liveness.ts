import type { SessionRow } from './session.ts';

/** How long sessions stay live. In milliseconds. */
export interface LivenessRules {
  /** How far clocks may differ: a session expires this much later. */
  readonly clockTolerance: number;
  /** `Infinity` for none. */
  readonly idleTimeout: number;
}

/** The times that decide at one moment which sessions are live. In milliseconds. */
export interface LiveSince {
  /** A live session expires after this. */
  readonly expiresAfter: number;
  /** A live session was last seen after this. */
  readonly seenAfter: number;
}

/** A session is live, or past its lifetime, or unused for longer than the idle timeout. */
export type Liveness = 'live' | 'expired' | 'idle';

/** Before every session, in a form that every database compares. */
const beforeAll = -1;

/** Answers which sessions are live `now`. */
export function liveSince(now: number, { clockTolerance, idleTimeout }: LivenessRules): LiveSince {
  return {
    expiresAfter: now - clockTolerance,
    seenAfter: idleTimeout === Infinity ? beforeAll : now - idleTimeout,
  };
}

/** Decides whether a row is still a session. `store/liveness-sql.ts` is the same rule as SQL. */
export function livenessOf(
  row: Pick<SessionRow, 'expires_at' | 'last_seen_at'>,
  { expiresAfter, seenAfter }: LiveSince,
): Liveness {
  if (row.expires_at <= expiresAfter) return 'expired';
  return row.last_seen_at <= seenAfter ? 'idle' : 'live';
}
