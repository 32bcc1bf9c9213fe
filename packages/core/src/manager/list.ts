import { liveSince, type LivenessRules } from '../session/liveness.ts';
import { cursorAfter, readPage, type SessionPage, type SessionPageInput } from '../session/page.ts';
import { sessionOf, type Session } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import { isSessionId } from '../token/lookup-id.ts';
import type { LastSeenWrites } from './last-seen.ts';
import { requireUserId } from './user-id.ts';

/** Reads a user's live sessions. */
export interface Lists {
  list(userId: string): Promise<Session[]>;
  list(userId: string, page: SessionPageInput): Promise<SessionPage>;
  get(input: { readonly userId: string; readonly id: string }): Promise<Session | null>;
}

/** The parts that read a user's sessions. */
export interface ListParts {
  readonly store: Pick<Store, 'list' | 'get'>;
  readonly lastSeen: Pick<LastSeenWrites, 'flushBeforeRead'>;
}

export function createLists(
  { store, lastSeen }: ListParts,
  rules: LivenessRules & { readonly clock: () => number },
): Lists {
  async function list(userId: string): Promise<Session[]>;
  async function list(userId: string, page: SessionPageInput): Promise<SessionPage>;
  async function list(userId: string, input?: SessionPageInput): Promise<Session[] | SessionPage> {
    requireUserId(userId);
    const page = input && readPage(input);
    await lastSeen.flushBeforeRead();
    const rows = await store.list(userId, liveSince(rules.clock(), rules), page);
    if (input === undefined) return rows.map(sessionOf);
    const sessions = rows.slice(0, input.limit).map(sessionOf);
    return { sessions, nextCursor: rows.length > input.limit ? cursorAfter(sessions) : null };
  }

  return {
    list,
    async get({ userId, id }) {
      requireUserId(userId);
      if (!isSessionId(id)) return null;
      await lastSeen.flushBeforeRead();
      const row = await store.get(userId, id, liveSince(rules.clock(), rules));
      return row === undefined ? null : sessionOf(row);
    },
  };
}
