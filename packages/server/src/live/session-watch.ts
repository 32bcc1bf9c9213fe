import {
  isSessionError,
  type CallerInfo,
  type Session,
  type SessionError,
  type SessionManager,
} from '@trpc-sessions/core';

/** What lives longer than one call, on a session that it must not outlive: a stream, or a socket. */
export interface Watched {
  readonly session: Session;
  /** Whose call opened it. */
  readonly caller: CallerInfo;
  /** {@link Watches.moment}, read before the session was verified: what is ended meanwhile counts. */
  readonly since: number;
  /** Called once, when the session has ended. */
  readonly onEnd: (error: SessionError) => void;
}

/** Tells what lives on a session when that has ended. */
export interface Watches {
  moment(): number;
  /** @returns a function that stops watching */
  watch(watched: Watched): () => void;
}

/**
 * How often a session is looked up while something lives on it, in milliseconds. That finds what no event tells: it has
 * expired or gone idle, or a process that no bus connects has ended it.
 */
const interval = 60_000;
/** How soon at the earliest, and how soon again where the database did not answer: a fault ends nothing. */
const minInterval = 1000;

export function createWatches(manager: SessionManager): Watches {
  /** What to check, by user. */
  const checks = new Map<string, Set<() => Promise<void>>>();
  let endings = 0;
  manager.on('ended', ({ userId }) => {
    endings += 1;
    for (const check of checks.get(userId) ?? []) void check();
  });

  function add(userId: string, check: () => Promise<void>): () => void {
    const ofUser = checks.get(userId) ?? new Set();
    checks.set(userId, ofUser.add(check));
    return () => {
      ofUser.delete(check);
      if (ofUser.size === 0 && checks.get(userId) === ofUser) checks.delete(userId);
    };
  }

  return {
    moment: () => endings,

    watch({ session, caller, since, onEnd }) {
      const { id, userId } = session;
      const expiresAt = session.expiresAt.getTime();
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;

      function stop(): void {
        isOver = true;
        clearTimeout(timer);
        remove();
      }

      function checkIn(milliseconds: number): void {
        clearTimeout(timer);
        if (!isOver) timer = setTimeout(() => void check(), milliseconds).unref();
      }

      function checkInTime(): void {
        checkIn(Math.min(interval, Math.max(minInterval, expiresAt - Date.now())));
      }

      async function check(): Promise<void> {
        try {
          // A look that does not count as use: a stream that is only open keeps no session from going idle.
          if ((await manager.get({ userId, id })) === null) await manager.verify(caller.token, caller);
          checkInTime();
        } catch (error) {
          if (!isSessionError(error)) checkIn(minInterval);
          else if (!isOver) {
            stop();
            onEnd(error);
          }
        }
      }

      const remove = add(userId, check);
      if (endings === since) checkInTime();
      else void check();
      return stop;
    },
  };
}
