import {
  watchSessions,
  type SessionEnd,
  type SessionInfo,
  type TokenStore,
  type WatchClient,
} from '@trpc-sessions/client';
import { onScopeDispose, shallowRef } from 'vue';

/** The user's sessions. `ended` says how the session of this device has ended; it is `undefined` until then. */
export function useSessions(client: WatchClient, tokens: TokenStore) {
  const sessions = shallowRef<readonly SessionInfo[]>([]);
  const ended = shallowRef<SessionEnd | null>();
  const stop = watchSessions(client, tokens, (event, list) => {
    sessions.value = list;
    ended.value = event.type === 'ended' ? event.ended : undefined;
  });
  onScopeDispose(stop);
  return { sessions, ended };
}
