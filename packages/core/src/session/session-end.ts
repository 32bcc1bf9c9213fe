import type { EndCause, EndedBy, SessionEnd } from '../errors.ts';

/** An end that is recorded with the deletion of the row. */
export interface Ending {
  /** In milliseconds. */
  readonly at: number;
  readonly cause: EndCause;
  /** The id of the session that did it, if one did. */
  readonly bySession?: string | undefined;
  /** The id of the other user who did it. */
  readonly byUser?: string | undefined;
}

/** A recorded end. Times are in milliseconds. */
export interface EndRecord {
  readonly id: string;
  readonly user_id: string;
  readonly ended_at: number;
  readonly cause: EndCause;
  readonly by_session: string | null;
}

/** Makes the part of a record that the client of the ended session may know. */
export function sessionEndOf({ id, ended_at: endedAt, cause, by_session: bySession }: EndRecord): SessionEnd {
  return { at: new Date(endedAt), cause, by: endedBy(cause, bySession, id) };
}

function endedBy(cause: EndCause, bySession: string | null, id: string): EndedBy {
  if (cause === 'staff') return 'staff';
  if (cause === 'replaced') return 'self';
  if (cause === 'evicted' || cause === 'idle' || bySession === null) return 'system';
  return bySession === id ? 'self' : 'another_device';
}
