import type { SessionEnd } from '../errors.ts';
import { sessionEndOf } from '../session/session-end.ts';
import type { Store } from '../store/store.ts';
import type { VerifiedToken } from '../token/verified-tokens.ts';
import type { Events, SessionEvents } from './events.ts';
import { requireUserId } from './user-id.ts';

/** Records of how sessions ended. */
export interface SessionHistory {
  /**
   * Deletes what is recorded of a user's sessions that have ended. Returns how many. Live sessions stay.
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
  store: Pick<Store, 'findEnd' | 'forgetUser'>,
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
    async forgetUser(userId) {
      requireUserId(userId);
      return store.forgetUser(userId);
    },
  };
}
