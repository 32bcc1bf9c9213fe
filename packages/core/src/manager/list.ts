import { liveSince, type LivenessRules } from '../session/liveness.ts';
import {
  cursorAfter,
  readPage,
  requireCount,
  type LastSeenInput,
  type Page,
  type SessionPage,
  type SessionPageInput,
} from '../session/page.ts';
import { sessionOf, type LookedUpRow, type Session } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import type { LastSeenWrites } from './last-seen.ts';
import { requireUserId } from '../session/user-id.ts';

/** The input of {@link SessionManager.get}. */
export interface GetInput {
  readonly userId: string;
  readonly id: string;
  /** Whether the session has its data. @defaultValue `true` */
  readonly data?: boolean | undefined;
}

/** Reads a user's live sessions. */
export interface Lists {
  list(userId: string, input?: LastSeenInput): Promise<Session[]>;
  list(userId: string, page: SessionPageInput): Promise<SessionPage>;
  listAll(page: SessionPageInput): Promise<SessionPage>;
  get(input: GetInput): Promise<Session | null>;
}

/** The parts that read a user's sessions. */
export interface ListParts {
  readonly store: Pick<Store, 'list' | 'listPage' | 'listAllPage' | 'get'>;
  readonly lastSeen: Pick<LastSeenWrites, 'flushBriefly'>;
}

export function createLists(
  { store, lastSeen }: ListParts,
  rules: LivenessRules & { readonly clock: () => number },
): Lists {
  async function list(userId: string, input?: LastSeenInput): Promise<Session[]>;
  async function list(userId: string, page: SessionPageInput): Promise<SessionPage>;
  async function list(userId: string, input?: LastSeenInput | SessionPageInput): Promise<Session[] | SessionPage> {
    requireUserId(userId);
    return input === undefined || 'max' in input ? listLastSeen(userId, input) : listPage(userId, input);
  }

  async function listLastSeen(userId: string, { max, data }: Partial<LastSeenInput> = {}): Promise<Session[]> {
    if (max !== undefined) requireCount('max', max);
    await lastSeen.flushBriefly();
    return (await store.list(userId, liveSince(rules.clock(), rules), { max, data })).map(sessionOf);
  }

  const listPage = (userId: string, input: SessionPageInput): Promise<SessionPage> =>
    readPageOf(input, (page, now) => store.listPage(userId, liveSince(now, rules), page, { data: input.data }));

  async function readPageOf(
    input: SessionPageInput,
    read: (page: Page, now: number) => Promise<readonly LookedUpRow[]>,
  ): Promise<SessionPage> {
    const page = readPage(input);
    await lastSeen.flushBriefly();
    const rows = await read(page, rules.clock());
    const sessions = rows.slice(0, input.limit).map(sessionOf);
    return { sessions, nextCursor: rows.length > input.limit ? cursorAfter(sessions) : null };
  }

  return {
    list,
    listAll: async (input) => readPageOf(input, (page, now) => store.listAllPage(liveSince(now, rules), page, now)),
    async get({ userId, id, data }) {
      requireUserId(userId);
      if (!isSessionId(id)) return null;
      await lastSeen.flushBriefly();
      const row = await store.get(userId, id, liveSince(rules.clock(), rules), { data });
      return row === undefined ? null : sessionOf(row);
    },
  };
}
