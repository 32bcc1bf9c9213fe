import { endsSession, sessionErrorReason, type SessionErrorReason, type TokenStore } from '@trpc-sessions/client';
import type { TRPCLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { tap } from '@trpc/server/observable';

/** How the last session ended: the user signed out, or the server refused it. `null` while signed in. */
export type Ending = 'signed_out' | SessionErrorReason | null;

/** Why the session ended. All tabs of the browser share a session, and so they share its ending. */
export interface SessionEnd<TRouter extends AnyTRPCRouter> {
  /** Notes a refusal that ends the session. Put it before the links that send. */
  readonly link: TRPCLink<TRouter>;
  readonly get: () => Ending;
  readonly subscribe: (listener: () => void) => () => void;
  /** Signs out with `logout`: a refusal meanwhile is not reported. */
  readonly signOut: (logout: () => Promise<void>) => Promise<void>;
}

export function createSessionEnd<TRouter extends AnyTRPCRouter>(tokens: TokenStore): SessionEnd<TRouter> {
  const tabs = new BroadcastChannel('session-end');
  const listeners = new Set<() => void>();
  let ending: Ending = null;

  function set(next: Ending) {
    ending = next;
    for (const listener of listeners) listener();
  }

  function share(next: Ending) {
    set(next);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin
    tabs.postMessage(next);
  }

  tabs.addEventListener('message', (event: MessageEvent<Ending>) => set(event.data));
  tokens.subscribe(() => {
    if (tokens.get() !== null) set(null);
  });

  return {
    link:
      () =>
      ({ op, next }) =>
        next(op).pipe(
          tap({
            error(error) {
              const reason = sessionErrorReason(error);
              if (endsSession(reason) && ending === null) share(reason);
            },
          }),
        ),
    get: () => ending,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async signOut(logout) {
      // First, because each tab's event stream may end before the answer arrives.
      share('signed_out');
      try {
        await logout();
      } catch (error) {
        share(null);
        throw error;
      }
    },
  };
}
