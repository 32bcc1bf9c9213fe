import type { CallerInfo, SessionSet, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import { createLooks } from './looks.ts';
import { spreadChecks } from './spread-checks.ts';
import { createSessionWatch, type CheckAccount, type OnEnd, type SessionWatch } from './session-watch.ts';

/** A stream or a socket: it lives longer than one call, and must not outlive its session. */
export interface Watched extends VerifiedSession {
  /** Whose call opened it. */
  readonly caller: CallerInfo;
  /** {@link Watches.moment}, read before the session was verified: an end since then counts. */
  readonly since: number;
  readonly onEnd: OnEnd;
}

/** Ends streams and sockets with their session. */
export interface Watches {
  moment(): number;
  /**
   * @returns a function that stops watching
   * @throws {TRPCError} `TOO_MANY_REQUESTS`: too many are open on this session
   */
  watch(watched: Watched): () => void;
}

/** How many sessions are looked up at once: the other connections of the app's pool are for its requests. */
const maxLooks = 4;

/**
 * @param maxPerSession - how many streams and sockets may be open on one session
 * @param checkAccount - called at each look-up of a session that is live
 */
export function createWatches(manager: SessionManager, maxPerSession: number, checkAccount?: CheckAccount): Watches {
  const watchesByUser = new Map<string, Map<string, SessionWatch>>();
  const looks = createLooks(maxLooks);
  const checkAll = spreadChecks(() => {
    for (const ofUser of watchesByUser.values()) for (const watch of ofUser.values()) watch.check(false);
  });
  let endings = 0;

  function check({ userId, ids, exceptId }: SessionSet): void {
    endings += 1;
    const ofUser = watchesByUser.get(userId);
    if (ofUser === undefined) return;
    for (const id of ids ?? Array.from(ofUser.keys())) if (id !== exceptId) ofUser.get(id)?.check(true);
  }

  manager.on('ended', check);

  manager.on('missed', ({ userId, ...sessions }) => {
    if (userId !== undefined) return check({ userId, ...sessions });
    // Messages of the bus were lost: any session may have ended.
    endings += 1;
    checkAll();
  });

  function watchOf({ session, claims, caller }: Watched): SessionWatch {
    const { id, userId } = session;
    const ofUser = watchesByUser.get(userId) ?? new Map<string, SessionWatch>();
    watchesByUser.set(userId, ofUser);
    let watch = ofUser.get(id);
    if (watch === undefined) {
      watch = createSessionWatch({ manager, looks, checkAccount }, { session, claims }, caller, () => {
        ofUser.delete(id);
        if (ofUser.size === 0) watchesByUser.delete(userId);
      });
      ofUser.set(id, watch);
    }
    return watch;
  }

  return {
    moment: () => endings,

    watch(watched) {
      const { since, onEnd } = watched;
      const watch = watchOf(watched);
      if (watch.size >= maxPerSession) {
        throw new TRPCError({
          code: 'TOO_MANY_REQUESTS',
          message: 'Too many streams are open on this session: close some first.',
        });
      }
      // A listener of its own, though an app may pass the same function twice.
      const own: OnEnd = (error) => onEnd(error);
      watch.add(own);
      if (endings !== since) watch.check(true);
      return () => watch.delete(own);
    },
  };
}
