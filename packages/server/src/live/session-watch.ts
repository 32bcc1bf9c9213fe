import type { CallerInfo, SessionError, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import { isEndOfSession, sessionErrorOf } from '../errors.ts';
import type { Looks } from './looks.ts';
import { createRepeatedLook } from './repeated-look.ts';

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
  const { check, checkLater, stop } = createRepeatedLook({
    looks,
    look,
    timesLeft: () => [expiresAt - manager.now()],
    onStop: onEmpty,
  });

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
    const error = await findEnd();
    if (error !== undefined) end(error);
  }

  checkLater();

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
