import { CancelledError, type Mutation, type Query, type QueryClient } from '@tanstack/react-query';
import { property } from '../property.ts';
import { readToken, untilReady, type TokenStore } from '../tokens/token-store.ts';
import { createListChanges, type ListChanges } from './list-changes.ts';
import { currentKey, listKey, rootKey } from './queries.ts';
import { tokenVersionOf, type TokenVersion } from './token-version.ts';

/** Returns whether a query of the app has the same answer for all users, signed in or not. */
export type IsPublic = (query: Query) => boolean;

/** The user of a page, as its token says. */
export interface PageUser {
  readonly queryClient: QueryClient;
  readonly tokens: TokenStore;
  /** Subscribes to the token: the listener is called when the cache is ready for its user. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The app may write it as a new function in each render. */
  isPublic: IsPublic | undefined;
  version: TokenVersion;
  subject: string | null;
  /** The changes of the list that this user has made. Another user has others. */
  changes: ListChanges;
}

/** Outlives the provider: a page may unmount it, and mount it for the next user. */
const users = new WeakMap<QueryClient, WeakMap<TokenStore, PageUser>>();

export function userOf(queryClient: QueryClient, tokens: TokenStore): PageUser {
  const stores = users.get(queryClient) ?? new WeakMap<TokenStore, PageUser>();
  users.set(queryClient, stores);
  const user: PageUser = stores.get(tokens) ?? {
    queryClient,
    tokens,
    subscribe(listener) {
      const onChange = () => {
        followToken(user);
        listener();
      };
      void untilReady(tokens).then(onChange);
      return tokens.subscribe(onChange);
    },
    isPublic: undefined,
    version: undefined,
    subject: null,
    changes: createListChanges(),
  };
  stores.set(tokens, user);
  return user;
}

/**
 * Follows the token of a store. If its user may have changed, the answers that the app has cached are removed before a
 * component renders. Call it whenever the token may have changed.
 */
export function followToken(user: PageUser): void {
  const { queryClient, tokens } = user;
  const former = { ...user };
  user.version = tokenVersionOf(tokens);
  if (user.version === former.version) return;
  user.subject = subjectOf(readToken(tokens));
  // This is the first token of the page, so the cache only holds answers that a server has rendered.
  if (former.version === undefined) return;

  if (user.subject === null || user.subject !== former.subject) return clear(user);
  // A reissued token: the session and the list stay on the page until they have been fetched again. Their age makes them stale.
  for (const keyOf of [currentKey, listKey]) {
    const answer = queryClient.getQueryData(keyOf(former.version));
    queryClient.setQueryData(keyOf(user.version), answer, { updatedAt: 1 });
  }
  void queryClient.invalidateQueries({ predicate: ofUser(user), refetchType: 'none' });
}

/**
 * Removes the answers for the former user, if a server has rendered for another one. Components may then hydrate those for
 * the new one.
 */
export function prepareForUser(user: PageUser, userId: string | null): void {
  const { queryClient, version } = user;
  // Nothing has been fetched before.
  if (version === undefined) return;
  const current = queryClient.getQueryData<{ userId: string }>(currentKey(version));
  if ((version === null ? null : current?.userId) !== userId) clear(user);
}

/** Fetches the queries on the page again. Call it after the page of the next user has rendered: only its queries are active then. */
export function refetchForUser(user: PageUser): void {
  // `refetchQueries` leaves out static queries, which now have no answer.
  for (const query of user.queryClient.getQueryCache().findAll({ type: 'active', predicate: ofUser(user) }))
    void query.fetch(undefined, { cancelRefetch: true }).catch(() => {});
}

function clear(user: PageUser): void {
  const { queryClient } = user;
  user.changes = createListChanges();
  const queries = queryClient.getQueryCache();
  for (const query of queries.findAll({ predicate: ofUser(user) })) {
    // A component may hold the query without observing it, such as the page before the current one of a list.
    query.reset();
    if (query.getObserversCount() === 0) queries.remove(query);
  }
  // A mutation that waits for the network would be sent as the next user.
  const mutations = queryClient.getMutationCache();
  for (const mutation of mutations.findAll({ status: 'pending' })) {
    if (mutation.state.isPaused) mutations.remove(mutation);
    else stopRetries(mutation);
  }
}

/** An attempt that is under way goes on: it was sent as the former user. TanStack Query cannot cancel those that would follow. */
function stopRetries(mutation: Mutation): void {
  mutation.setOptions({ ...mutation.options, mutationFn: () => Promise.reject(new CancelledError()) });
  // The component that made it gives it its function again when it renders.
  mutation.setOptions = () => {};
}

function ofUser({ isPublic }: PageUser): (query: Query) => boolean {
  return (query) => query.queryKey[0] !== rootKey && !isPublic?.(query);
}

/** Reads the user of an access token, which only the server verifies; `null` if the page cannot read it. */
function subjectOf(token: string | null): string | null {
  try {
    const payload = token?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const subject = property(JSON.parse(atob(payload)), 'sub');
    return typeof subject === 'string' ? subject : null;
  } catch {
    return null;
  }
}
