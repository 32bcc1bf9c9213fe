import { SessionError } from '../errors.ts';
import { untilSettled, type TimeLimit } from '../store/time-limit.ts';

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

/** @param limitTime - how long a call may wait here and for the database */
export function createUserQueue(limitTime: TimeLimit): UserQueue {
  const lines = new Map<string, Line>();

  function lineOf(userId: string): Line {
    let line = lines.get(userId);
    if (line === undefined) lines.set(userId, (line = { length: 0, end: Promise.resolve(), waiting: new Map() }));
    return line;
  }

  function enter<TResult>(userId: string, work: () => Promise<TResult>, key: string | undefined): Promise<TResult> {
    const line = lineOf(userId);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- equal keys name equal work
    const shared = key === undefined ? undefined : (line.waiting.get(key) as Promise<TResult> | undefined);
    if (shared !== undefined) return shared;
    if (line.length > maxWaiting) throw new SessionError('too_many_attempts', { retryAfter: 1 });
    const { end } = line;
    line.length += 1;
    const isFirst = line.length === 1;
    const running = limitTime(async (wait) => {
      if (!isFirst) await end;
      if (key !== undefined) line.waiting.delete(key);
      wait.check();
      return work();
    });
    if (key !== undefined && !isFirst) line.waiting.set(key, running);
    line.end = leave(running, end, line, userId);
    return running;
  }

  /** A call that has timed out stays in the line: it may still hold a connection. */
  async function leave(running: Promise<unknown>, end: Promise<unknown>, line: Line, userId: string): Promise<void> {
    try {
      await running;
    } catch (error) {
      await end;
      await untilSettled(error);
    }
    line.length -= 1;
    if (line.length === 0) lines.delete(userId);
  }

  return {
    run: async (userId, work, key) => enter(userId, work, key),
  };
}
