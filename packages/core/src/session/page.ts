import { SessionUsageError } from '../errors.ts';
import type { Session } from './session.ts';

/** A page of a list to read. */
export interface SessionPageInput {
  /** The most sessions that the page holds. */
  readonly limit: number;
  /** The `nextCursor` of the previous page. @defaultValue the first page */
  readonly cursor?: string | null | undefined;
  /** Whether the sessions have their data. @defaultValue `true` */
  readonly data?: boolean | undefined;
}

/** A list of the sessions that were seen last. */
export interface LastSeenInput {
  /** The most sessions to list. */
  readonly max: number;
  /** Whether the sessions have their data. @defaultValue `true` */
  readonly data?: boolean | undefined;
}

/** A page of a list. */
export interface SessionPage {
  readonly sessions: readonly Session[];
  /** The cursor of the next page; `null` on the last page. */
  readonly nextCursor: string | null;
}

/** The end of a page: the values that order its last row, which never change. Times are in milliseconds. */
export interface Position {
  readonly createdAt: number;
  readonly id: string;
}

/** A page as the store reads it: up to `limit` rows after a position. */
export interface Page {
  readonly limit: number;
  readonly after: Position | undefined;
}

/** Created (in milliseconds) and id, which order pages. */
const shape = /^(?<createdAt>\d{1,15})\.(?<id>[a-z2-7]{32})$/;

/** The end of the year 9999: no database stores a later time. */
const latest = Date.UTC(10_000, 0) - 1;

/**
 * Reads a page's input. The store reads one row more than the page holds, which shows whether another page follows.
 *
 * @throws {RangeError} `limit` is not a whole number of at least 1
 * @throws {SessionUsageError} `cursor` is not one of ours
 */
export function readPage({ limit, cursor }: SessionPageInput): Page {
  requireCount('limit', limit);
  if (cursor === undefined || cursor === null) return { limit: limit + 1, after: undefined };
  const { createdAt, id } = shape.exec(cursor)?.groups ?? {};
  if (id === undefined || Number(createdAt) > latest) {
    throw new SessionUsageError('cursor: expected the nextCursor of an earlier page');
  }
  return { limit: limit + 1, after: { createdAt: Number(createdAt), id } };
}

/**
 * Requires how many sessions to list.
 *
 * @throws {RangeError} it is not a whole number of at least 1
 */
export function requireCount(name: 'limit' | 'max', count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new RangeError(`${name}: expected a whole number of at least 1, got ${String(count)}`);
}

/** The cursor of the next page. */
export function cursorAfter(sessions: readonly Session[]): string | null {
  const last = sessions.at(-1);
  return last === undefined ? null : `${last.createdAt.getTime()}.${last.id}`;
}
