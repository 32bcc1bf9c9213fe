import { SessionUsageError } from '../errors.ts';
import type { Session } from './session.ts';

/** Which page of a list. */
export interface SessionPageInput {
  /** How many sessions at most. */
  readonly limit: number;
  /** The `nextCursor` of the page before. @defaultValue the first page */
  readonly cursor?: string | null | undefined;
}

/** A page of a list. */
export interface SessionPage {
  readonly sessions: readonly Session[];
  /** What to ask the next page with; `null` where this is the last. */
  readonly nextCursor: string | null;
}

/** Where a page of a list ends: what its last row is ordered by. Times in milliseconds. */
export interface Position {
  readonly lastSeenAt: number;
  readonly createdAt: number;
  readonly id: string;
}

/** A page of a list: up to `limit` rows, those after a position. */
export interface Page {
  readonly limit: number;
  readonly after: Position | undefined;
}

/** Last seen, signed in (both in milliseconds), id: what lists are ordered by. */
const shape = /^(?<lastSeenAt>\d{1,15})\.(?<createdAt>\d{1,15})\.(?<id>[a-z2-7]{32})$/;

/** The end of the year 9999: no database writes what comes after. */
const latest = Date.UTC(10_000, 0) - 1;

/**
 * What to ask the store, with one row more than the page holds: where it comes, there is a page after it.
 *
 * @throws {RangeError} `limit` is not a whole number of at least 1
 * @throws {SessionUsageError} `cursor` is none of ours
 */
export function readPage({ limit, cursor }: SessionPageInput): Page {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new RangeError(`limit: expected a whole number of at least 1, got ${String(limit)}`);
  }
  if (cursor === undefined || cursor === null) return { limit: limit + 1, after: undefined };
  const { lastSeenAt, createdAt, id } = shape.exec(cursor)?.groups ?? {};
  if (id === undefined || Number(lastSeenAt) > latest || Number(createdAt) > latest) {
    throw new SessionUsageError('cursor: expected the nextCursor of an earlier page');
  }
  return { limit: limit + 1, after: { lastSeenAt: Number(lastSeenAt), createdAt: Number(createdAt), id } };
}

/** The cursor of the page that follows these sessions. A session that is seen in between moves to the front, and is not met again. */
export function cursorAfter(sessions: readonly Session[]): string | null {
  const last = sessions.at(-1);
  return last === undefined ? null : `${last.lastSeenAt.getTime()}.${last.createdAt.getTime()}.${last.id}`;
}
