import type { SessionEnd, SessionInfo } from '@trpc-sessions/server';
import { endedOf } from '../errors.ts';
import { dropRefusedToken } from '../links/sent-token.ts';
import { readReason, readToken, stateOf, whenReady, type TokenStore } from '../tokens/token-store.ts';
import { openWatch } from './open-watch.ts';
import {
  listAfter,
  receiveEvent,
  type ReceivedSessionsEvent,
  type SubscribeWatch,
  type WatchedEvent,
} from './received-event.ts';
import { shareWatch, type StopWatch } from './share-watch.ts';

/** The part of a client that {@link watchSessions} needs. */
export interface WatchClient {
  readonly sessions: { readonly watch?: { readonly subscribe: SubscribeWatch } };
}

/**
 * Called with each event of {@link watchSessions}. `ended`: the server refuses the session of this device, and says how it ended if it is
 * recorded. `sessions` is the list after the event: empty before the first list, and after the end.
 */
export type SessionsListener = (
  event: WatchedEvent | { readonly type: 'ended'; readonly ended: SessionEnd | null },
  sessions: readonly SessionInfo[],
) => void;

/**
 * Watches the user's sessions while a token is held: first the whole list, and then each change. All tabs of a browser share one
 * stream. It is closed with the page, and opened again with longer and longer pauses while the server is away. If the
 * server refuses the token, the token is dropped.
 *
 * @param client - of our procedures: `trpc.auth` if the router is nested there
 * @returns a function that stops it
 * @example
 * ```ts
 * import { watchSessions } from '@trpc-sessions/client';
 *
 * const stop = watchSessions(trpc.auth, tokens, (event, sessions) => {
 *   show(`Signed in on ${sessions.length} devices`);
 *   if (event.type === 'created') show(`New sign-in: ${event.session.device.name}`);
 * });
 * ```
 */
export function watchSessions(client: WatchClient, tokens: TokenStore, listener: SessionsListener): () => void {
  let list: readonly SessionInfo[] | undefined;
  // It may be another user's token.
  const stopFollowing = tokens.subscribe(() => void (list = undefined));
  const stop = watchReceived(client, tokens, (event) => {
    if (event.type === 'ended') return listener(event, []);
    const received = receiveEvent(event);
    if (received === undefined) return undefined;
    // From another tab, a change may come before the list.
    if (list !== undefined || received.type === 'sessions') list = listAfter(list ?? [], received);
    return listener(received, list ?? []);
  });
  return () => {
    stopFollowing();
    stop();
  };
}

/** Called with each event as it arrives, and with the end. */
type ReceivedListener = (
  event: ReceivedSessionsEvent | { readonly type: 'ended'; readonly ended: SessionEnd | null },
) => void;

/** {@link watchSessions}, with the events as they arrive. */
export function watchReceived(client: WatchClient, tokens: TokenStore, listener: ReceivedListener): () => void {
  const { watch } = client.sessions;
  if (watch === undefined) return () => {};
  const subscribe: SubscribeWatch = (...args) => watch.subscribe(...args);
  let watched: string | null = null;
  let close: StopWatch = () => {};
  let isHidden = false;

  function follow(): void {
    const token = isHidden ? null : readToken(tokens);
    if (token === watched) return;
    const closeNow = close;
    const mayBeRefused = token === null && readReason(tokens) !== null;
    // The link drops a refused token before the stream gets the refusal.
    if (isHidden) closeNow();
    else setTimeout(() => closeNow(mayBeRefused));
    watched = token;
    close = token === null ? () => {} : watchToken(token, subscribe, tokens, listener);
  }

  const unsubscribe = tokens.subscribe(follow);
  const stopPage = followPage((hidden) => {
    isHidden = hidden;
    follow();
  });
  void whenReady(tokens, follow);
  return () => {
    unsubscribe();
    stopPage();
    isHidden = true;
    follow();
  };
}

/** Watches the sessions of the user of one token. */
function watchToken(
  token: string,
  subscribe: SubscribeWatch,
  tokens: TokenStore,
  listener: ReceivedListener,
): StopWatch {
  const state = stateOf(tokens);
  state.refusal = undefined;
  let isStopped = false;
  let isEnded = false;
  let stop: StopWatch = () => {};

  function refused(error: unknown): void {
    const held = readToken(tokens);
    // The user has signed in again meanwhile.
    if (isEnded || (held !== null && held !== token)) return;
    isEnded = true;
    dropRefusedToken(tokens, token, error);
    // Another tab may have dropped the token of all: only this refusal says how the session ended.
    if (held === null) state.refusal = error;
    listener({ type: 'ended', ended: endedOf(error) });
  }

  async function share(): Promise<void> {
    const name = await nameOf(token);
    if (isStopped) return;
    stop = shareWatch(name, (calls) => openWatch(subscribe, calls), {
      event(event) {
        // The stream closes in a later turn, or its tab is throttled: by now, the token may be another user's.
        if (readToken(tokens) === token) listener(event);
      },
      refused,
    });
  }

  void share();
  return (mayBeRefused) => {
    isStopped = true;
    // A call of this page may get its refusal before the stream does, or before there is a stream.
    const refusal = mayBeRefused === true ? state.refusal : undefined;
    stop(mayBeRefused, refusal);
    if (refusal !== undefined) refused(refusal);
  };
}

/** Names the stream of a token for all tabs, without showing the token. `undefined` outside of secure contexts. */
async function nameOf(token: string): Promise<string | undefined> {
  try {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    return `trpc-sessions.${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  } catch {
    return undefined;
  }
}

/** A page with an open stream or a lock is not kept in the back/forward cache. */
function followPage(onHidden: (isHidden: boolean) => void): () => void {
  if (typeof window === 'undefined' || typeof window.addEventListener !== 'function') return () => {};
  const hide = (): void => onHidden(true);
  const show = (): void => onHidden(false);
  window.addEventListener('pagehide', hide);
  window.addEventListener('pageshow', show);
  return () => {
    window.removeEventListener('pagehide', hide);
    window.removeEventListener('pageshow', show);
  };
}
