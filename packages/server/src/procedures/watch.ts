import type { EndCause, EndedBy, Session } from '@trpc-sessions/core';
import type { TRPCSubscriptionProcedure } from '@trpc/server';
import type { AuthenticatedProcedure } from '../authenticated/authenticated.ts';
import type { SessionChange } from '../live/session-changes.ts';
import type { SessionLists } from '../live/session-lists.ts';
import type { Locator } from '../locate/locate.ts';
import { connectionOf } from '../request/connection.ts';
import type { SessionsProcedure } from './procedure.ts';
import { sessionInfoOf, type SessionInfo } from './session-info.ts';

/** How a session of the caller's ended. The user's own live sessions may know all of it. */
export interface EndInfo {
  /** A Date here, an ISO string on the wire where the app has no transformer. */
  readonly at: Date;
  readonly cause: EndCause;
  readonly by: EndedBy;
  /** The id of the session that ended it, if one did. */
  readonly bySession: string | null;
}

/** An event of `sessions.watch`. A newer server may have more: a client ignores those that it does not know. */
export type SessionsEvent =
  /** The user's sessions, up to 100 and the current one: the first event of each stream. Of more sessions, it comes again when others are listed. */
  | { readonly type: 'sessions'; readonly sessions: SessionInfo[] }
  | { readonly type: 'created'; readonly session: SessionInfo }
  | { readonly type: 'updated'; readonly session: SessionInfo }
  /** `ended` is `null` if it is not recorded. */
  | { readonly type: 'revoked'; readonly id: string; readonly ended: EndInfo | null }
  | { readonly type: 'expired'; readonly id: string }
  /** Nothing has changed. It is sent every 30 seconds: a client that gets nothing for longer opens the stream again. */
  | { readonly type: 'alive' };

/** The type of `sessions.watch`. */
export type WatchProcedure = TRPCSubscriptionProcedure<
  SessionsProcedure<void, AsyncIterable<SessionsEvent, void, unknown>>
>;

/** The parts that watch the caller's sessions. */
export interface WatchParts {
  /** Verifies the caller without counting as use of the session. */
  readonly unseen: AuthenticatedProcedure;
  readonly lists: SessionLists;
  readonly locator: Locator;
}

/** How many bytes may wait in a WebSocket for a reader that has stopped reading. */
const maxBuffered = 1_000_000;

export function createWatch({ unseen, lists, locator }: WatchParts): WatchProcedure {
  return unseen.subscription(async function* ({ ctx, signal }) {
    const { caller, session, userId } = ctx;
    const socket = connectionOf(caller)?.socket;
    const infoOf = (each: Session): Promise<SessionInfo> => sessionInfoOf(each, session.id, locator);
    const queue = lists.read(userId);
    const close = (): void => queue.close();
    signal?.addEventListener('abort', close, { once: true });
    if (signal?.aborted === true) close();
    try {
      for (;;) {
        const change = await queue.next();
        // A socket has no other way to say that its reader has stopped.
        if (change === undefined || (socket?.bufferedAmount ?? 0) > maxBuffered) return;
        yield await eventOf(change, session, infoOf);
      }
    } finally {
      signal?.removeEventListener('abort', close);
      close();
    }
  });
}

async function eventOf(
  change: SessionChange | 'alive',
  current: Session,
  infoOf: (session: Session) => Promise<SessionInfo>,
): Promise<SessionsEvent> {
  if (change === 'alive') return { type: 'alive' };
  switch (change.type) {
    case 'list': {
      const { sessions } = change;
      const isAmong = sessions.some(({ id }) => id === current.id);
      // All of them: an event about each later change builds on this list.
      const listed = isAmong ? sessions : [...sessions, current];
      return { type: 'sessions', sessions: await Promise.all(listed.map(infoOf)) };
    }
    case 'revoked': {
      const { id, end } = change;
      if (end === undefined) return { type: 'revoked', id, ended: null };
      const { at, cause, by, bySession } = end;
      return { type: 'revoked', id, ended: { at, cause, by, bySession } };
    }
    case 'expired':
      return { type: 'expired', id: change.id };
    default:
      return { type: change.type, session: await infoOf(change.session) };
  }
}
