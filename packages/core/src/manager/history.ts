import type { SessionEnd } from '../errors.ts';
import { sessionEndOf } from '../session/session-end.ts';
import type { Store } from '../store/store.ts';
import { isSessionId } from '../token/lookup-id-shape.ts';
import type { VerifiedToken } from '../token/verified-tokens.ts';
import type { Events, SessionEvents } from './events.ts';
import { requireUserId } from '../session/user-id.ts';

/** The input of {@link SessionManager.listEnded}. */
export interface EndedSessionsInput {
  readonly userId: string;
  /** Up to 1,000. Further ones are left out. */
  readonly ids: readonly string[];
}

/** A session that has ended. */
export interface EndedSession extends SessionEnd {
  readonly id: string;
  /** The id of the session that ended it, if one of the same user did. */
  readonly bySession: string | null;
}

const maxIds = 1000;

/** Records of how sessions ended. */
export interface SessionHistory {
  /**
   * Finds how sessions of a user ended, as far as it is recorded. It is for the user's own live sessions: it names the session that ended
   * them.
   *
   * @throws {SessionUsageError} `userId` is not a text
   */
  listEnded(input: EndedSessionsInput): Promise<EndedSession[]>;
  /**
   * Deletes the records of a user's sessions that have ended. Returns how many. Live sessions stay.
   *
   * @throws {SessionUsageError} `userId` is not a text
   */
  forgetUser(userId: string): Promise<number>;
}

/** The records, as the manager reads them. */
export interface EndedSessionLookups extends SessionHistory {
  /** Finds how the session of a token ended, if that is recorded. It never rejects: without it, the refusal stands all the same. */
  findEnd(token: VerifiedToken): Promise<SessionEnd | undefined>;
}

export function createHistory(
  store: Pick<Store, 'findEnd' | 'findEnds' | 'forgetUser'>,
  events: Pick<Events<SessionEvents>, 'emit'>,
  clock: () => number,
): EndedSessionLookups {
  return {
    async findEnd({ id, claims }) {
      try {
        const record = await store.findEnd(claims.sub, id, clock());
        return record && sessionEndOf(record);
      } catch (error) {
        events.emit('fault', { task: 'history', error });
        return undefined;
      }
    },
    async listEnded({ userId, ids }) {
      requireUserId(userId);
      const possible = ids.filter(isSessionId).slice(0, maxIds);
      const records = possible.length === 0 ? [] : await store.findEnds(userId, possible, clock());
      return records.map((record) => {
        const { at, cause, by } = sessionEndOf(record);
        return { id: record.id, at, cause, by, bySession: record.by_session };
      });
    },
    async forgetUser(userId) {
      requireUserId(userId);
      return store.forgetUser(userId);
    },
  };
}
