import type { CallerInfo, SessionError, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import { isEndOfSession, sessionErrorOf } from '../errors.ts';
import type { Looks } from './looks.ts';

/** Called once, when the session has ended. */
export type OnEnd = (error: SessionError) => void;

/** Watches one session for all streams and sockets that are open on it: they share its look-ups. */
export interface SessionWatch {
  /** How many streams and sockets are open on it. */
  readonly size: number;
  add(onEnd: OnEnd): void;
  delete(onEnd: OnEnd): void;
  /** Looks the session up as soon as possible: before the others if it is urgent. */
  check(isUrgent: boolean): void;
}

/** The parts of the manager that watch a session. */
export type WatchedSessions = Pick<SessionManager, 'get' | 'verify' | 'now'>;

/** Checks that the account of a session is available. Throws a refusal if it is not. */
export type CheckAccount = (verified: VerifiedSession) => Promise<unknown>;

/** The parts that watch a session. */
export interface SessionWatchParts {
  readonly manager: WatchedSessions;
  readonly looks: Looks;
  readonly checkAccount: CheckAccount | undefined;
}

/**
 * How often a watched session is looked up, in milliseconds. That finds an end without an event: the session has expired or
 * gone idle, or a process that no bus connects has ended it.
 */
const interval = 60_000;
/** The shortest wait before a look-up. After a fault it doubles each time: a database that does not answer ends no session. */
const minInterval = 1000;

/** Waits for a check. Returns its refusal; `undefined` if it does not refuse. */
async function refusalIn(check: Promise<unknown> | undefined): Promise<SessionError | undefined> {
  try {
    await check;
    return undefined;
  } catch (error) {
    const refused = sessionErrorOf(error);
    if (refused !== undefined) return refused;
    throw error;
  }
}

/** @param onEmpty - called once, when nothing is open on the session any more */
export function createSessionWatch(
  { manager, looks, checkAccount }: SessionWatchParts,
  { session, claims }: VerifiedSession,
  { token }: Pick<CallerInfo, 'token'>,
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
  /** How many look-ups in a row the database has not answered. */
  let failures = 0;

  function untilNextLook(): number {
    if (failures === 0) return Math.min(interval, Math.max(minInterval, expiresAt - manager.now()));
    // Random, so that not all sessions are looked up at once when the database is back.
    return Math.min(interval, minInterval * 2 ** failures) * (0.5 + Math.random() / 2);
  }

  function lookLater(): void {
    timer = setTimeout(() => check(false), untilNextLook());
    // On Cloudflare Workers it can be a number.
    timer.unref?.();
  }

  function stop(): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    looks.remove(look);
    onEmpty();
  }

  /** Returns why the session has ended; `undefined` while it is live. */
  async function findEnd(): Promise<SessionError | undefined> {
    // This look-up does not count as use: an open stream keeps no session from going idle.
    const live = await manager.get({ userId, id, data: false });
    // Without the caller, who has sent no request: the event `rejected` must not name it.
    if (live === null) return refusalIn(manager.verify(token));
    const refused = await refusalIn(checkAccount?.({ session: live, claims }));
    return refused !== undefined && isEndOfSession(refused) ? refused : undefined;
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

  async function look(): Promise<void> {
    isLooking = true;
    isStale = false;
    try {
      const error = await findEnd();
      failures = 0;
      if (error !== undefined) end(error);
    } catch {
      failures += 1;
    }
    isLooking = false;
    if (isOver) return;
    if (isStale) check(true);
    else lookLater();
  }

  function check(isUrgent: boolean): void {
    clearTimeout(timer);
    if (isOver) return;
    if (isLooking) isStale = true;
    else looks.add(look, isUrgent);
  }

  lookLater();

  return {
    get size() {
      return listeners.size;
    },
    add: (onEnd) => void listeners.add(onEnd),
    delete(onEnd) {
      listeners.delete(onEnd);
      if (listeners.size === 0) stop();
    },
    check,
  };
}
