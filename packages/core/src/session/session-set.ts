/** Sessions of one user that were revoked, by any process: some, all but one, or all. */
export interface EndedSessions {
  readonly userId: string;
  /** Only these. */
  readonly ids?: readonly string[];
  /** All but this one. With neither `ids` nor `exceptId`: all. */
  readonly exceptId?: string;
}

/** Answers whether a session is among the revoked. */
export function isEnded(
  { userId, ids, exceptId }: EndedSessions,
  session: { readonly id: string; readonly userId: string },
): boolean {
  if (session.userId !== userId) return false;
  return ids === undefined ? session.id !== exceptId : ids.includes(session.id);
}
