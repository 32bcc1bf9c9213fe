import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { stateOf, type TokenStore } from '../tokens/token-store.ts';
import { listWith, type ListChanges } from './list-changes.ts';
import { listKey } from './queries.ts';
import type { ReceivedSessionInfo } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';

type List = readonly ReceivedSessionInfo[];

/**
 * Keeps the list of `useSessions` and the app's own query of `sessions.list` equal, also while a change is under way. An answer
 * to one is an answer to the other. After a change, by `useSessions` or by a mutation of the app, the app's other queries
 * of `sessions` are fetched again. Returns a function that stops it.
 */
export function shareList(queryClient: QueryClient, tokens: TokenStore, changes: ListChanges): () => void {
  const queries = queryClient.getQueryCache();
  const ours = () => listKey(tokenVersionOf(tokens));
  const isList = ({ queryHash }: { queryHash: string }) => queryHash.endsWith(`${pathOf('list')},{"type":"query"}]`);
  const isOther = ({ queryHash }: { queryHash: string }) =>
    ['current', 'get', 'page'].some((name) => queryHash.includes(pathOf(name)));
  let isWriting = false;

  /** A part of a key: an app's keys may begin with a prefix. */
  function pathOf(procedure: string): string {
    // Only our links know the path.
    const { prefix = '?' } = stateOf(tokens);
    return JSON.stringify(`${prefix}sessions.${procedure}`.split('.'));
  }

  function write(queryKey: QueryKey, list: unknown, updatedAt: number): void {
    isWriting = true;
    queryClient.setQueryData(queryKey, list, { updatedAt });
    isWriting = false;
  }

  /** Writes the list as `useSessions` shows it into the app's queries. */
  function show(hasChanged: boolean): void {
    const { data, dataUpdatedAt = 0 } = queryClient.getQueryState<List>(ours()) ?? {};
    if (data === undefined) return;
    for (const { queryKey, state } of queries.findAll({ predicate: isList }))
      if (hasChanged || state.dataUpdatedAt < dataUpdatedAt)
        write(queryKey, listWith(data, changes.get()), dataUpdatedAt);
  }

  const stopQueries = queries.subscribe((event) => {
    if (isWriting || event.type !== 'updated' || event.action.type !== 'success') return;
    const { data, dataUpdatedAt } = event.query.state;
    const known = queryClient.getQueryState(ours());
    if (isList(event.query)) {
      if (known !== undefined && known.dataUpdatedAt < dataUpdatedAt) write(ours(), data, dataUpdatedAt);
    } else if (event.query.queryHash !== hashKey(ours())) return;
    show(changes.get().length > 0);
  });

  const stopChanges = changes.subscribe(() => {
    show(true);
    if (changes.get().every(({ isDone }) => isDone)) void queryClient.invalidateQueries({ predicate: isOther });
  });

  const stopMutations = queryClient.getMutationCache().subscribe(({ type, mutation }) => {
    if (type !== 'updated' || mutation.state.status !== 'success') return;
    const key = hashKey(mutation.options.mutationKey ?? []);
    if (!['rename', 'revoke', 'revokeOthers'].some((name) => key.endsWith(`${pathOf(name)}]`))) return;
    void queryClient.invalidateQueries({ queryKey: ours(), exact: true });
    void queryClient.invalidateQueries({ predicate: (query) => isList(query) || isOther(query) });
  });

  return () => {
    stopQueries();
    stopChanges();
    stopMutations();
  };
}
