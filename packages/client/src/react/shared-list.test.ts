import { QueryClient } from '@tanstack/react-query';
import { expect, test } from 'vitest';
import { memoryTokenStore } from '../tokens/memory.ts';
import { stateOf } from '../tokens/token-store.ts';
import { createListChanges } from './list-changes.ts';
import { listKey } from './queries.ts';
import { shareList } from './shared-list.ts';
import { tokenVersionOf } from './token-version.ts';

test('a list that is shared late has the newer answer, and is fetched once more for a mutation before that', async () => {
  const tokens = memoryTokenStore('a.b.c');
  stateOf(tokens).prefix = 'auth.';
  const queryClient = new QueryClient();
  const ours = listKey(tokenVersionOf(tokens));
  const theirs = [['auth', 'sessions', 'list'], { type: 'query' }];
  const page = [['auth', 'sessions', 'page'], { type: 'query' }];
  const own = { id: 'own' };
  queryClient.setQueryData(ours, [own, { id: 'other' }], { updatedAt: 1 });
  queryClient.setQueryData(theirs, [own], { updatedAt: 2 });
  queryClient.setQueryData(page, {});
  const mutations = queryClient.getMutationCache();
  for (const mutationKey of [[['auth', 'sessions', 'revoke']], [['auth', 'posts', 'revoke']]])
    await mutations.build(queryClient, { mutationKey, mutationFn: async () => {} }).execute(undefined);

  const share = () => shareList(queryClient, tokens, createListChanges());
  const isStale = () => [ours, theirs, page].map((key) => queryClient.getQueryState(key)?.isInvalidated);
  const stop = share();
  expect(queryClient.getQueryData(ours)).toEqual([own]);
  expect(isStale()).toEqual([true, true, true]);
  stop();

  for (const key of [ours, theirs, page]) queryClient.setQueryData(key, [own]);
  share()();
  expect(isStale()).toEqual([false, false, false]);
  queryClient.clear();
});
