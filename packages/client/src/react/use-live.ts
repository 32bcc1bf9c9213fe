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

/**
 * Keeps the cached answers of `useSession` and `useSessions` right by the watch.
 *
 * @param onEnded - called when it may be known only now how the session has ended. It stays the same from render to render
 */
export function useLive(
  client: AnySessionClient,
  { queryClient, tokens }: PageUser,
  props: LiveProps,
  onEnded: () => void,
): void {
  const { live } = props;
  const calls = useRef(props);
  useEffect(() => void (calls.current = props));

  useEffect(() => {
    if (!live) return undefined;
    const held = readToken(tokens);
    return whileLoaded(
      () => import('./follow-live.ts'),
      ({ followLive }) => followLive(client, tokens, queryClient, calls, onEnded, held),
    );
  }, [live, client, tokens, queryClient, onEnded]);
}
