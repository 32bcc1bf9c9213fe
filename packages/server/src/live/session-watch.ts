import {
  isSessionError,
  type CallerInfo,
  type Session,
  type SessionError,
  type SessionManager,
} from '@trpc-sessions/core';

/** Called once, when the session has ended. */
export type OnEnd = (error: SessionError) => void;

/** Watches one session for all streams and sockets that are open on it: they share its look-ups. */
export interface SessionWatch {
  /** How many streams and sockets are open on it. */
  readonly size: number;
  add(onEnd: OnEnd): void;
  delete(onEnd: OnEnd): void;
  /** Looks the session up now. */
  check(): void;
}

/**
 * How often a watched session is looked up, in milliseconds. That finds an end without an event: the session has expired or
 * gone idle, or a process that no bus connects has ended it.
 */
const interval = 60_000;
/** The shortest wait before a look-up, also after a fault: a database that does not answer ends no session. */
const minInterval = 1000;

/** @param onEmpty - called once, when nothing is open on the session any more */
export function createSessionWatch(
  manager: Pick<SessionManager, 'get' | 'verify'>,
  session: Session,
  caller: CallerInfo,
  onEmpty: () => void,
): SessionWatch {
  const { id, userId } = session;
  const expiresAt = session.expiresAt.getTime();
  const listeners = new Set<OnEnd>();
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  /** Whether the session may have ended after the look-up that is under way has read its row. */
  let isStale = false;
  let isOver = false;

  function untilNextLook(): number {
    return Math.min(interval, Math.max(minInterval, expiresAt - Date.now()));
  }

  function checkIn(milliseconds: number): void {
    timer = setTimeout(() => void check(), milliseconds);
    // On Cloudflare Workers it can be a number.
    timer.unref?.();
  }

  function stop(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    onEmpty();
  }

  /** Returns why the session has ended; `undefined` while it is live. */
  async function look(): Promise<SessionError | undefined> {
    try {
      // This look-up does not count as use: an open stream keeps no session from going idle.
      if ((await manager.get({ userId, id })) === null) await manager.verify(caller.token, caller);
      return undefined;
    } catch (error) {
      if (isSessionError(error)) return error;
      throw error;
    }
  }

  function end(error: SessionError): void {
    stop();
    for (const onEnd of listeners) {
      try {
        onEnd(error);
      } catch {
        // One that cannot be ended, such as a broken socket, must not keep the others open.
      }
    }
  }

  async function check(): Promise<void> {
    clearTimeout(timer);
    isStale = isLooking;
    if (isLooking || isOver) return;
    isLooking = true;
    let wait = minInterval;
    try {
      const error = await look();
      wait = untilNextLook();
      if (error !== undefined) end(error);
    } catch {
      // The database did not answer: ask again soon.
    }
    isLooking = false;
    if (isOver) return;
    if (isStale) void check();
    else checkIn(wait);
  }

  checkIn(untilNextLook());

  return {
    get size() {
      return listeners.size;
    },
    add: (onEnd) => void listeners.add(onEnd),
    delete(onEnd) {
      listeners.delete(onEnd);
      if (listeners.size === 0) stop();
    },
    check: () => void check(),
  };
}
