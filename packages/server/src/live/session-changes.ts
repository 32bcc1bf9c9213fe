import type { EndedSession, Session } from '@trpc-sessions/core';

/** A change of a user's list of sessions. */
export type SessionChange =
  | { readonly type: 'list'; readonly sessions: readonly Session[] }
  | { readonly type: 'created' | 'updated'; readonly session: Session }
  /** `end` is missing if it is not recorded. */
  | { readonly type: 'revoked'; readonly id: string; readonly end: EndedSession | undefined }
  | { readonly type: 'expired'; readonly id: string };

/** The sessions of a user by their ids. */
export type KnownSessions = ReadonlyMap<string, Session>;

/** The sessions that are new or changed. */
export function arrivalsIn(sessions: readonly Session[], known: KnownSessions, isCut: boolean): SessionChange[] {
  const newest = Math.max(...Array.from(known.values(), ({ createdAt }) => createdAt.getTime()));
  const changes: SessionChange[] = [];
  for (const session of sessions) {
    const before = known.get(session.id);
    // One that was left out of a list that was cut is not new.
    const isNew = before === undefined && !(isCut && session.createdAt.getTime() < newest);
    if (before === undefined || hasChanged(before, session)) {
      changes.push({ type: isNew ? 'created' : 'updated', session });
    }
  }
  return changes;
}

function hasChanged(before: Session, after: Session): boolean {
  return (
    before.updatedAt.getTime() !== after.updatedAt.getTime() ||
    before.lastSeenAt.getTime() !== after.lastSeenAt.getTime() ||
    before.name !== after.name ||
    before.ip !== after.ip ||
    before.userAgent !== after.userAgent
  );
}
