import type { QueryClient } from '@tanstack/react-query';
import { endedOf } from '../errors.ts';
import { readReason, readToken, stateOf, type TokenStore } from '../tokens/token-store.ts';
import { listAfter } from '../watch/received-event.ts';
import { watchReceived } from '../watch/watch-sessions.ts';
import { currentKey, listKey } from './queries.ts';
import {
  receiveSession,
  type AnySessionClient,
  type ReceivedCurrentSession,
  type ReceivedSessionInfo,
} from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';
import type { LiveProps } from './use-live.ts';

// A module of its own: only a page that is live loads it.

/**
 * Keeps the cached answers right by the watch. Returns a function that stops it.
 *
 * @param held - the token that the page had when it began to load this module
 */
export function followLive(
  client: AnySessionClient,
  tokens: TokenStore,
  queryClient: QueryClient,
  calls: { readonly current: LiveProps },
  onEnded: () => void,
  held: string | null = null,
): () => void {
  // A call was refused while this module loaded. There is no token to watch, so no event would say so.
  if (held !== null && readToken(tokens) === null && readReason(tokens) !== null)
    calls.current.onSignedOut?.(endedOf(stateOf(tokens).refusal));
  return watchReceived(client, tokens, (event) => {
    if (event.type === 'ended') {
      onEnded();
      return calls.current.onSignedOut?.(event.ended);
    }
    if (event.type === 'alive') return undefined;
    const version = tokenVersionOf(tokens);
    queryClient.setQueryData<readonly ReceivedSessionInfo[]>(listKey(version), (before) =>
      before === undefined && event.type !== 'sessions' ? undefined : listAfter(before ?? [], event),
    );
    // An answer that is under way may be older than the event, and would replace the list that has it.
    const list = { queryKey: listKey(version), exact: true };
    if (queryClient.isFetching(list) > 0) void queryClient.invalidateQueries(list);
    const sessions = event.type === 'sessions' ? event.sessions : 'session' in event ? [event.session] : [];
    const own = sessions.find(({ current }) => current);
    if (own !== undefined) {
      queryClient.setQueryData<ReceivedCurrentSession>(currentKey(version), (data) => data && { ...data, ...own });
    }
    // The server is back, and the page has not got its answer: the stream does not have the claims.
    const current = { queryKey: currentKey(version), exact: true };
    if (event.type === 'sessions' && queryClient.getQueryState(current.queryKey)?.status === 'error')
      void queryClient.invalidateQueries(current);
    if (event.type === 'created') calls.current.onNewSession?.(receiveSession(event.session));
    return undefined;
  });
}
