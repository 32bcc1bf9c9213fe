/** Sessions of one user: some, all but one, or all. */
export interface SessionSet {
  readonly userId: string;
  /** Only these. */
  readonly ids?: readonly string[];
  /** All but this one. With neither `ids` nor `exceptId`: all. */
  readonly exceptId?: string;
}

/** Answers whether a session is in a set. */
export function isInSet(
  { userId, ids, exceptId }: SessionSet,
  session: { readonly id: string; readonly userId: string },
): boolean {
  if (session.userId !== userId) return false;
  return ids === undefined ? session.id !== exceptId : ids.includes(session.id);
}
