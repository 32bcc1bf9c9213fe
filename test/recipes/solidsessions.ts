import {
  watchSessions,
  type SessionEnd,
  type SessionInfo,
  type TokenStore,
  type WatchClient,
} from '@trpc-sessions/client';
import { createSignal, onCleanup } from 'solid-js';

/** The user's sessions. `ended` says how the session of this device has ended; it is `undefined` until then. */
export function createSessions(client: WatchClient, tokens: TokenStore) {
  const [sessions, setSessions] = createSignal<readonly SessionInfo[]>([]);
  const [ended, setEnded] = createSignal<SessionEnd | null>();
  const stop = watchSessions(client, tokens, (event, list) => {
    setSessions(list);
    setEnded(event.type === 'ended' ? event.ended : undefined);
  });
  onCleanup(stop);
  return { sessions, ended };
}
