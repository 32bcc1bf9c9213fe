import { hashKey, type Mutation, type Query, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { stateOf, type TokenStore } from '../tokens/token-store.ts';
import { listWith, type ListChanges } from './list-changes.ts';
import { listKey } from './queries.ts';
import type { ReceivedSessionInfo } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';

type List = readonly ReceivedSessionInfo[];

/** The mutations of the app that were followed, for each store: {@link shareList} may start again, and must not follow them twice. */
const followed = new WeakMap<TokenStore, WeakSet<Mutation>>();

/**
 * Keeps the list of `useSessions` and the app's own query of `sessions.list` equal, also while a change is under way. An answer
 * to one is an answer to the other. After a mutation of the app, both are fetched again. If it starts late, it catches
 * up. Returns a function that stops it.
 */
export function shareList(queryClient: QueryClient, tokens: TokenStore, changes: ListChanges): () => void {
  const queries = queryClient.getQueryCache();
  const mutations = queryClient.getMutationCache();
  const ours = () => listKey(tokenVersionOf(tokens));
  const isList = ({ queryHash }: Query) => queryHash.endsWith(`${pathOf(tokens, 'list')},{"type":"query"}]`);
  const ofStore = followed.get(tokens) ?? new WeakSet();
  followed.set(tokens, ofStore);
  let isWriting = false;

  function write(queryKey: QueryKey, list: unknown, updatedAt: number): void {
    isWriting = true;
    queryClient.setQueryData(queryKey, list, { updatedAt });
    isWriting = false;
  }

  /**
   * Writes the list, as `useSessions` shows it, into the app's queries.
   *
   * @param hasChanges - whether the page's own changes may differ. Otherwise, only older answers are replaced
   */
  function show(hasChanges: boolean): void {
    const { data, dataUpdatedAt = 0 } = queryClient.getQueryState<List>(ours()) ?? {};
    if (data === undefined) return;
    for (const { queryKey, state } of queries.findAll({ predicate: isList }))
      if (hasChanges || state.dataUpdatedAt < dataUpdatedAt)
        write(queryKey, listWith(data, changes.get()), dataUpdatedAt);
  }

  /** Takes over an answer to a query of the app. */
  function receive({ state: { data, dataUpdatedAt } }: Query): void {
    const state = queryClient.getQueryState(ours());
    if (data !== undefined && state !== undefined && state.dataUpdatedAt < dataUpdatedAt)
      write(ours(), data, dataUpdatedAt);
  }

  function followMutation(mutation: Mutation): void {
    if (mutation.state.status !== 'success' || ofStore.has(mutation)) return;
    const key = hashKey(mutation.options.mutationKey ?? []);
    if (!['rename', 'revoke', 'revokeOthers'].some((name) => key.endsWith(`${pathOf(tokens, name)}]`))) return;
    ofStore.add(mutation);
    void queryClient.invalidateQueries({ queryKey: ours(), exact: true });
    void queryClient.invalidateQueries({ predicate: isList });
    refetchOthers(queryClient, tokens);
  }

  const stopQueries = queries.subscribe((event) => {
    if (isWriting || event.type !== 'updated' || event.action.type !== 'success') return;
    if (isList(event.query)) receive(event.query);
    else if (event.query.queryHash !== hashKey(ours())) return;
    show(changes.get().length > 0);
  });
  const stopMutations = mutations.subscribe(({ mutation }) => mutation && followMutation(mutation));
  const stopChanges = changes.subscribe(() => show(true));

  for (const query of queries.findAll({ predicate: isList })) receive(query);
  for (const mutation of mutations.getAll()) followMutation(mutation);
  show(changes.get().length > 0);

  return () => {
    stopQueries();
    stopMutations();
    stopChanges();
  };
}

/** Fetches the app's other queries of `sessions` again. */
export function refetchOthers(queryClient: QueryClient, tokens: TokenStore): void {
  const paths = ['current', 'get', 'page'].map((name) => pathOf(tokens, name));
  void queryClient.invalidateQueries({ predicate: ({ queryHash }) => paths.some((path) => queryHash.includes(path)) });
}

/** Returns the path as it stands in a key. It is only a part: an app's keys may begin with a prefix. */
function pathOf(tokens: TokenStore, procedure: string): string {
  // Only our links know where the router is nested. Without them, no key has this text.
  const { prefix = '?' } = stateOf(tokens);
  return JSON.stringify(`${prefix}sessions.${procedure}`.split('.'));
}
