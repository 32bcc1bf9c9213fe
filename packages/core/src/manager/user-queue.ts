import { SessionError } from '../errors.ts';
import { DatabaseTimeoutError } from '../store/time-limit.ts';

/**
 * Runs writes that lock a user's sessions, one at a time for each user. They wait here, and not with a connection of the
 * pool in hand, so that one user cannot take the connections of all others.
 */
export interface UserQueue {
  /**
   * @param key - names equal work: calls with the same key that come before it starts share its result
   * @throws {SessionError} `too_many_attempts`: too many writes of this user are waiting
   */
  run<TResult>(userId: string, work: () => Promise<TResult>, key?: string): Promise<TResult>;
}

/** Of one user. At some milliseconds each, the last one waits for some seconds. */
const maxWaiting = 1000;

interface Line {
  /** How many writes wait or run. */
  length: number;
  /** Settles when the last of them has ended. Fails if the database did not answer it. */
  end: Promise<unknown>;
  /** Writes that have not started, by their key. */
  readonly waiting: Map<string, Promise<unknown>>;
}

export function createUserQueue(): UserQueue {
  const lines = new Map<string, Line>();

  async function runAfter<TResult>(
    line: Line,
    userId: string,
    work: () => Promise<TResult>,
    key: string | undefined,
  ): Promise<TResult> {
    try {
      if (line.length > 1) await line.end;
      if (key !== undefined) line.waiting.delete(key);
      return await work();
    } finally {
      line.length -= 1;
      if (line.length === 0) lines.delete(userId);
    }
  }

  return {
    async run<TResult>(userId: string, work: () => Promise<TResult>, key?: string) {
      let line = lines.get(userId);
      if (line === undefined) lines.set(userId, (line = { length: 0, end: Promise.resolve(), waiting: new Map() }));
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- equal keys name equal work
      const shared = key === undefined ? undefined : (line.waiting.get(key) as Promise<TResult> | undefined);
      if (shared !== undefined) return shared;
      if (line.length > maxWaiting) throw new SessionError('too_many_attempts', { retryAfter: 1 });
      line.length += 1;
      const running = runAfter(line, userId, work, key);
      if (key !== undefined && line.length > 1) line.waiting.set(key, running);
      line.end = running.catch((error: unknown) => {
        // The database does not answer: to wait once more for each write would take minutes.
        if (error instanceof DatabaseTimeoutError) throw error;
      });
      line.end.catch(() => {});
      return running;
    },
  };
}
