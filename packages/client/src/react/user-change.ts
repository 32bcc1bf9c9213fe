import { CancelledError, type Mutation, type Query, type QueryClient } from '@tanstack/react-query';
import { property } from '../property.ts';
import { readToken, type TokenStore } from '../tokens/token-store.ts';
import { createListChanges, type ListChanges } from './list-changes.ts';
import { currentKey, listKey, rootKey, type QueryParts } from './queries.ts';
import { tokenVersionOf, type TokenVersion } from './token-version.ts';

/** Returns whether a query of the app has the same answer for all users, signed in or not. */
export type IsPublic = (query: Query) => boolean;

interface Followed {
  version: TokenVersion;
  subject: string | null;
  /** The changes of this user's list. */
  changes: ListChanges;
}

/** Outlives the provider: a page may unmount it, and mount it for the next user. */
const followed = new WeakMap<QueryClient, WeakMap<TokenStore, Followed>>();

function followedOf(queryClient: QueryClient, tokens: TokenStore): Followed {
  const stores = followed.get(queryClient) ?? new WeakMap<TokenStore, Followed>();
  followed.set(queryClient, stores);
  const known = stores.get(tokens) ?? { version: undefined, subject: null, changes: createListChanges() };
  stores.set(tokens, known);
  return known;
}

/** Returns the changes of the list that the present user has made. Another user has others. */
export function changesOf(queryClient: QueryClient, tokens: TokenStore): ListChanges {
  return followedOf(queryClient, tokens).changes;
}

/** Returns whether the page still has the user whose changes these are. The token may be a new one of the same user. */
export function isSameUser(
  queryClient: QueryClient,
  { tokens, tokenVersion, changes }: Pick<QueryParts, 'tokens' | 'tokenVersion' | 'changes'>,
): boolean {
  const known = followedOf(queryClient, tokens);
  return changes === known.changes && [known.version, tokenVersion].includes(tokenVersionOf(tokens));
}

/**
 * Follows the token of a store. If its user may have changed, the answers that the app has cached are removed before a
 * component renders. Call it whenever the token may have changed. Returns whether it has.
 */
export function followToken(queryClient: QueryClient, tokens: TokenStore, isPublic: IsPublic): boolean {
  const known = followedOf(queryClient, tokens);
  const former = { ...known };
  known.version = tokenVersionOf(tokens);
  if (known.version === former.version) return false;
  known.subject = subjectOf(readToken(tokens));
  // Nothing has been sent before: the cache holds the data of a rendered page.
  if (former.version === undefined) return false;

  if (known.subject !== null && known.subject === former.subject) {
    // A reissued token: the session and the list stay on the page until they have been fetched again.
    for (const keyOf of [currentKey, listKey]) {
      const answer = queryClient.getQueryData(keyOf(former.version));
      queryClient.setQueryData(keyOf(known.version), answer, { updatedAt: 1 });
    }
    void queryClient.invalidateQueries({ predicate: ofUser(isPublic), refetchType: 'none' });
  } else clear(queryClient, isPublic, known);
  return true;
}

/**
 * Removes the answers for the former user, if a server has rendered for another one. Components may then hydrate those for
 * the new one.
 */
export function prepareForUser(
  queryClient: QueryClient,
  tokens: TokenStore,
  isPublic: IsPublic,
  userId: string | null,
): void {
  const known = followedOf(queryClient, tokens);
  const { version } = known;
  // Nothing has been fetched before.
  if (version === undefined) return;
  const current = queryClient.getQueryData<{ userId: string }>(currentKey(version));
  if ((version === null ? null : current?.userId) !== userId) clear(queryClient, isPublic, known);
}

/** The next token is that of the session that a server has rendered: the cache is ready for its user. */
export function expectChange(queryClient: QueryClient, tokens: TokenStore): void {
  followedOf(queryClient, tokens).version = undefined;
}

/** Fetches the queries on the page again. Only after the page of the next user has rendered: others are gone by then. */
export function refetchForUser(queryClient: QueryClient, isPublic: IsPublic): void {
  // `refetchQueries` leaves out static queries, which now have no answer.
  for (const query of queryClient.getQueryCache().findAll({ type: 'active', predicate: ofUser(isPublic) }))
    void query.fetch(undefined, { cancelRefetch: true }).catch(() => {});
}

function clear(queryClient: QueryClient, isPublic: IsPublic, known: Followed): void {
  known.changes = createListChanges();
  const queries = queryClient.getQueryCache();
  for (const query of queries.findAll({ predicate: ofUser(isPublic) })) {
    // A component may hold the query without observing it, such as the page before the current one of a list.
    query.reset();
    if (query.getObserversCount() === 0) queries.remove(query);
  }
  // One that waits for the network would be sent as the next user.
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

function ofUser(isPublic: IsPublic): IsPublic {
  return (query) => query.queryKey[0] !== rootKey && !isPublic(query);
}

/** Reads the user of an access token, which only the server verifies; `null` if the page cannot read it. */
function subjectOf(token: string | null): string | null {
  try {
    const payload = token?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const claims: unknown = JSON.parse(atob(payload));
    const subject: unknown = property(claims, 'sub');
    return typeof subject === 'string' ? subject : null;
  } catch {
    return null;
  }
}
