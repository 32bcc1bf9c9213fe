import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, test, vi } from 'vitest';
import { endedOf } from '../errors.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import { stateOf } from '../tokens/token-store.ts';
import type { ReceivedSessionsEvent, SubscribeWatch } from '../watch/received-event.ts';
import { followLive } from './follow-live.ts';
import { listKey } from './queries.ts';
import type { AnySessionClient, ReceivedSessionInfo } from './session-client.ts';
import { tokenVersionOf } from './token-version.ts';

test('an answer that was under way when an event came does not replace the list that has it', async () => {
  const session = { id: 'new' } as ReceivedSessionInfo;
  const tokens = memoryTokenStore('a.b.c');
  const queryClient = new QueryClient();
  const send: ((event: ReceivedSessionsEvent) => void)[] = [];
  const subscribe: SubscribeWatch = (_, { onData }) => {
    send.push(onData);
    return { unsubscribe() {} };
  };
  const older = Promise.withResolvers<ReceivedSessionInfo[]>();
  const answers = [older.promise, Promise.resolve([session])];
  const list = new QueryObserver(queryClient, {
    queryKey: listKey(tokenVersionOf(tokens)),
    queryFn: () => answers.shift() ?? expect.unreachable(),
  });
  const stopList = list.subscribe(() => {});
  const client = { sessions: { watch: { subscribe } } } as AnySessionClient;
  const stop = followLive(client, tokens, queryClient, { current: {} }, () => {});
  await expect.poll(() => send).toHaveLength(1);

  send[0]?.({ type: 'sessions', sessions: [session] });
  older.resolve([]);
  await expect.poll(() => queryClient.isFetching()).toBe(0);
  expect(list.getCurrentResult().data).toEqual([session]);
  expect(answers).toEqual([]);
  stop();
  stopList();
  queryClient.clear();
});

test('when a session has ended elsewhere, the page says how, and the app is called', async () => {
  const tokens = memoryTokenStore('a.b.c');
  const refuse: ((error: unknown) => void)[] = [];
  const subscribe: SubscribeWatch = (_, { onError }) => {
    refuse.push(onError);
    return { unsubscribe() {} };
  };
  const client = { sessions: { watch: { subscribe } } } as AnySessionClient;
  const ended = { at: new Date(0), cause: 'others', by: 'another_device' } as const;
  const onSignedOut = vi.fn();
  // The provider renders the refusal that it reads now.
  const onEnded = vi.fn(() => expect(endedOf(stateOf(tokens).refusal)).toEqual(ended));
  const stop = followLive(client, tokens, new QueryClient(), { current: { onSignedOut } }, onEnded);
  await expect.poll(() => refuse).toHaveLength(1);
  refuse[0]?.({ data: { session: { reason: 'revoked_session', ended } } });
  expect(onEnded).toHaveBeenCalledOnce();
  expect(onSignedOut).toHaveBeenCalledExactlyOnceWith(ended);
  stop();
});
