import type { SessionEnd, SessionInfo } from '@trpc-sessions/server';
import { useEffect, useRef } from 'react';
import { readToken } from '../tokens/token-store.ts';
import type { AnySessionClient } from './session-client.ts';
import type { PageUser } from './user-change.ts';
import { whileLoaded } from './while-loaded.ts';

/** The props of `SessionProvider` about live sessions. */
export interface LiveProps {
  /**
   * Whether the hooks follow each change of the user's sessions as it happens, by `sessions.watch`. All tabs share one stream.
   * @defaultValue `false`
   */
  readonly live?: boolean | undefined;
  /** Called when the user signs in elsewhere, in each tab. It needs `live`. */
  readonly onNewSession?: ((session: SessionInfo) => void) | undefined;
  /** Called when the session of this device has ended elsewhere, with how, if the server said so. It needs `live`. */
  readonly onSignedOut?: ((ended: SessionEnd | null) => void) | undefined;
}

/** The calls of a page that is live. */
export interface LiveCalls extends LiveProps {
  /** Called when it may be known only now how the session has ended. */
  readonly onEnded?: (() => void) | undefined;
}

/** Keeps the cached answers of `useSession` and `useSessions` right by the watch. */
export function useLive(client: AnySessionClient, { queryClient, tokens }: PageUser, props: LiveCalls): void {
  const { live } = props;
  const callbacks = useRef(props);
  useEffect(() => void (callbacks.current = props));

  useEffect(() => {
    if (!live) return undefined;
    const held = readToken(tokens);
    return whileLoaded(
      () => import('./follow-live.ts'),
      ({ followLive }) => followLive(client, tokens, queryClient, () => callbacks.current, held),
    );
  }, [live, client, tokens, queryClient]);
}
