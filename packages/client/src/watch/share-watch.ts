import { endedOf, sessionErrorReason } from '../errors.ts';
import type { ReceivedSessionInfo } from '../received-session.ts';
import type { WatchCalls } from './open-watch.ts';
import { listAfter, type ReceivedSessionsEvent } from './received-event.ts';

/** A message between tabs. `hello` asks the tab that watches for the list, which is then sent to this tab alone. */
type TabMessage =
  | { readonly type: 'hello'; readonly tab: string }
  | { readonly type: 'event'; readonly event: ReceivedSessionsEvent; readonly to?: string }
  /** The server refuses the token: the part of the error that says why. */
  | { readonly type: 'refused'; readonly error: object };

/**
 * Stops a watch. If another tab may have been refused, which says so a moment later, this tab goes on to listen for that
 * refusal. If a call of this tab was refused, the other tabs get its refusal.
 */
export type StopWatch = (mayBeRefused?: boolean, refusal?: unknown) => void;

/** How long a tab listens for a refusal, in milliseconds: the storage of the browser may be faster than its messages. */
const refusalDelay = 5000;

/**
 * Has one tab of a browser open the watch for all of them: under HTTP/1.1, a stream takes one of the six connections that a browser
 * opens to a site. When that tab closes, another takes over. Without Web Locks or a BroadcastChannel, each tab opens its own.
 *
 * @param name - the same in all tabs with this token; `undefined` if the tabs cannot agree on one
 * @returns a function that stops it
 */
export function shareWatch(
  name: string | undefined,
  open: (calls: WatchCalls) => () => void,
  calls: WatchCalls,
): StopWatch {
  // Outside of secure contexts, there are none, whatever the types say.
  const locks: LockManager | null | undefined = globalThis.navigator?.locks;
  if (name === undefined || locks === undefined || locks === null || typeof BroadcastChannel === 'undefined')
    return open(calls);
  const channel = new BroadcastChannel(name);
  const stopping = new AbortController();
  const tab = String(Math.random());
  let list: readonly ReceivedSessionInfo[] | undefined;
  let isWatching = false;
  let isStopped = false;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel is of one origin
  const post = (message: TabMessage): void => channel.postMessage(message);

  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.type === 'refused') {
      if (!isWatching) calls.refused(data.error);
    } else if (isStopped) {
      // Only a refusal counts.
    } else if (data.type === 'event') {
      if (!isWatching && (data.to ?? tab) === tab) calls.event(data.event);
    } else if (isWatching && list !== undefined) {
      post({ type: 'event', event: { type: 'sessions', sessions: list }, to: data.tab });
    }
  });
  function postRefusal(error: unknown): void {
    const [reason, ended] = [sessionErrorReason(error), endedOf(error)];
    post({ type: 'refused', error: { data: { session: { reason, ended } } } });
  }
  post({ type: 'hello', tab });

  function watch(): Promise<void> {
    isWatching = true;
    return new Promise((resolve) => {
      const close = open({
        event(event) {
          list = listAfter(list ?? [], event);
          if (event.type !== 'alive') post({ type: 'event', event });
          calls.event(event);
        },
        refused(error) {
          postRefusal(error);
          calls.refused(error);
        },
      });
      stopping.signal.addEventListener('abort', () => {
        close();
        resolve();
      });
    });
  }

  // It rejects when this tab stops waiting.
  locks.request(name, { signal: stopping.signal }, watch).catch(() => {});
  return (mayBeRefused = false, refusal) => {
    isStopped = true;
    isWatching = false;
    if (refusal !== undefined) postRefusal(refusal);
    stopping.abort();
    if (mayBeRefused && refusal === undefined) setTimeout(() => channel.close(), refusalDelay);
    else channel.close();
  };
}
