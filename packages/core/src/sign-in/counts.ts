/** A count of points. */
export interface Count {
  readonly points: number;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A change of a count. */
export interface Change {
  /** Points to add; fewer than 0 are taken back. */
  readonly points: number;
  /** Points are only added up to here. */
  readonly max: number;
  /** How long the count is kept after points were added, in milliseconds. */
  readonly duration: number;
  /** Whether attempts of its key have to wait by now. */
  readonly isWaiting: boolean;
}

/** Where points are counted. Each method is atomic. */
export interface CountStore {
  /** Changes the count of a key by the rule of {@link changed}. Returns the count that `changed` answers. */
  change(key: string, change: Change, now: number): Promise<Count>;
  /** Drops a count. Returns whether there was one. */
  delete(key: string): Promise<boolean>;
}

/**
 * Changes a count. `answer` has the points as they would be, also if they are too many. Too many are not added: an attempt that is
 * refused neither counts nor lengthens the count's life.
 *
 * @returns `after`: the new count, `null` if none is left; missing if nothing changes
 */
export function changed(
  before: Count | undefined,
  { points: added, max, duration }: Change,
  now: number,
): { readonly answer: Count; readonly after?: Count | null } {
  const current = before !== undefined && before.expiresAt > now ? before : { points: 0, expiresAt: now };
  const points = current.points + added;
  if (points < 1) return { answer: { points: 0, expiresAt: now }, after: null };
  if (added < 0) return { answer: { ...current, points }, after: { ...current, points } };
  if (points > max) return { answer: { ...current, points } };
  const after = { points, expiresAt: now + duration };
  return { answer: after, after };
}
