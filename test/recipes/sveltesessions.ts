import {
  watchSessions,
  type SessionEnd,
  type SessionInfo,
  type TokenStore,
  type WatchClient,
} from '@trpc-sessions/client';
import { readable, type Readable } from 'svelte/store';

/** `ended` says how the session of this device has ended; it is `undefined` until then. */
export interface LiveSessions {
  readonly sessions: readonly SessionInfo[];
  readonly ended?: SessionEnd | null | undefined;
}

/** The user's sessions. The stream is open while the store has a subscriber. */
export function liveSessions(client: WatchClient, tokens: TokenStore): Readable<LiveSessions> {
  return readable<LiveSessions>({ sessions: [] }, (set) =>
    watchSessions(client, tokens, (event, sessions) => {
      set({ sessions, ended: event.type === 'ended' ? event.ended : undefined });
    }),
  );
}
