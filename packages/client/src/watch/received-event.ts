import type { EndInfo, SessionInfo } from '@trpc-sessions/server';
import { receiveSession, type ReceivedSessionInfo } from '../received-session.ts';

/** An event of `sessions.watch` as it arrives: without a transformer, its dates are texts. */
export type ReceivedSessionsEvent =
  | { readonly type: 'sessions'; readonly sessions: readonly ReceivedSessionInfo[] }
  | { readonly type: 'created' | 'updated'; readonly session: ReceivedSessionInfo }
  | { readonly type: 'revoked'; readonly id: string; readonly ended: ReceivedEnd | null }
  | { readonly type: 'expired'; readonly id: string }
  | { readonly type: 'alive' };

/** A session's end as it arrives. */
export interface ReceivedEnd extends Omit<EndInfo, 'at'> {
  readonly at: Date | string;
}

/** The state of a connection, as tRPC reports it. */
export interface ConnectionState {
  readonly state: string;
  readonly error: unknown;
}

/** Subscribes to `sessions.watch`. */
export type SubscribeWatch = (
  input: undefined,
  options: {
    readonly onData: (event: ReceivedSessionsEvent) => void;
    readonly onError: (error: unknown) => void;
    readonly onComplete: () => void;
    readonly onConnectionStateChange: (state: ConnectionState) => void;
  },
) => { readonly unsubscribe: () => void };

/** The part of an event that changes a list of sessions. */
type ListChange<TSession> =
  | { readonly type: 'sessions'; readonly sessions: readonly TSession[] }
  | { readonly type: 'created' | 'updated'; readonly session: TSession }
  | { readonly type: 'revoked' | 'expired'; readonly id: string }
  | { readonly type: 'alive' };

/** The part of a session that has its place in a list. */
type Listed = Pick<ReceivedSessionInfo, 'id' | 'lastSeenAt'>;

/** Returns the list after an event: the most recently seen first. An event of an unknown type changes nothing. */
export function listAfter<TSession extends Listed>(
  list: readonly TSession[],
  event: ListChange<TSession>,
): readonly TSession[] {
  switch (event.type) {
    case 'sessions':
      return event.sessions;
    case 'created':
    case 'updated': {
      const { session } = event;
      const seenAt = seenAtOf(session);
      const before = list.find(({ id }) => id === session.id);
      if (before !== undefined && seenAtOf(before) === seenAt)
        return list.map((each) => (each === before ? session : each));
      const others = list.filter((each) => each !== before);
      const later = others.filter((each) => seenAtOf(each) > seenAt);
      return [...later, session, ...others.filter((each) => !later.includes(each))];
    }
    case 'revoked':
    case 'expired':
      return list.filter(({ id }) => id !== event.id);
    default:
      return list;
  }
}

const seenAtOf = ({ lastSeenAt }: Listed): number => new Date(lastSeenAt).getTime();

/** An event of the user's sessions, with dates. */
export type WatchedEvent =
  | { readonly type: 'sessions'; readonly sessions: readonly SessionInfo[] }
  | { readonly type: 'created' | 'updated'; readonly session: SessionInfo }
  | { readonly type: 'revoked'; readonly id: string; readonly ended: EndInfo | null }
  | { readonly type: 'expired'; readonly id: string };

/** Turns texts into dates; `undefined` for an event without a change. */
export function receiveEvent(event: ReceivedSessionsEvent): WatchedEvent | undefined {
  switch (event.type) {
    case 'sessions':
      return { type: 'sessions', sessions: event.sessions.map(receiveSession) };
    case 'created':
    case 'updated':
      return { type: event.type, session: receiveSession(event.session) };
    case 'revoked': {
      const { id, ended } = event;
      return { type: 'revoked', id, ended: ended && { ...ended, at: new Date(ended.at) } };
    }
    case 'expired':
      return event;
    default:
      return undefined;
  }
}
