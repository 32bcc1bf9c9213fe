import { hashKey, type QueryClient } from '@tanstack/react-query';
import { stateOf, type TokenStore } from '../tokens/token-store.ts';
import { listKey } from './queries.ts';
import { tokenVersionOf } from './token-version.ts';

/**
 * Keeps the list of `useSessions` and the app's own query of `sessions.list` equal. An answer to one is an answer to the
 * other. A mutation of the app that revokes or renames sessions refetches both. Returns a function that stops it.
 */
export function shareList(queryClient: QueryClient, tokens: TokenStore): () => void {
  const queries = queryClient.getQueryCache();
  const ofApp = { predicate: ({ queryHash }: { queryHash: string }) => queryHash.endsWith(endOf('list', queryArgs)) };
  const ours = () => ({ queryKey: listKey(tokenVersionOf(tokens)), exact: true });

  /** The end of a key: an app's keys may begin with a prefix. */
  function endOf(procedure: string, args: string): string {
    // Only our links know the path.
    const { prefix = '?' } = stateOf(tokens);
    return `${JSON.stringify(`${prefix}sessions.${procedure}`.split('.'))}${args}]`;
  }

  const stopQueries = queries.subscribe((event) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return;
    const { query } = event;
    const lists = [...queries.findAll(ours()), ...queries.findAll(ofApp)];
    if (!lists.includes(query)) return;
    const { data, dataUpdatedAt: updatedAt } = query.state;
    for (const { queryKey, state } of lists)
      if (state.dataUpdatedAt < updatedAt) queryClient.setQueryData(queryKey, data, { updatedAt });
  });

  const stopMutations = queryClient.getMutationCache().subscribe(({ type, mutation }) => {
    if (type !== 'updated' || mutation.state.status !== 'success') return;
    const key = hashKey(mutation.options.mutationKey ?? []);
    if (!['rename', 'revoke', 'revokeOthers'].some((name) => key.endsWith(endOf(name, '')))) return;
    for (const filters of [ours(), ofApp]) void queryClient.invalidateQueries(filters);
  });

  return () => {
    stopQueries();
    stopMutations();
  };
}

const queryArgs = ',{"type":"query"}';
