import { createTRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sessionLinks } from '../links/session-links.ts';
import { testFetch } from '../testing/fetch.ts';
import { startServer, type Router } from '../testing/plugin.tsx';
import { memoryTokenStore } from '../tokens/memory.ts';
import { openWatch } from './open-watch.ts';
import type { SubscribeWatch } from './received-event.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

type Calls = Parameters<SubscribeWatch>[1];

function watch() {
  const streams: Calls[] = [];
  const unsubscribe = vi.fn();
  const calls = { event: vi.fn(), refused: vi.fn() };
  const subscribe: SubscribeWatch = (_, stream) => {
    streams.push(stream);
    return { unsubscribe };
  };
  const stop = openWatch(subscribe, calls);
  return { streams, unsubscribe, calls, stop };
}

const list = { type: 'sessions', sessions: [] } as const;
const refusal = { data: { session: { reason: 'revoked_session' } } };

test('while the server is away, the pauses between attempts grow', async () => {
  const { streams } = watch();
  for (let second = 0; second < 20; second += 1) {
    streams.at(-1)?.onConnectionStateChange({ state: 'connecting', error: new Error('away') });
    await vi.advanceTimersByTimeAsync(1000);
  }
  // 1, 2, 4 and 8 seconds, or down to half of each.
  expect(streams.length).toBeGreaterThan(3);
  expect(streams.length).toBeLessThan(8);
});

test.each([
  ['fails is opened again', new Error('away'), 2],
  ['is refused has stopped', refusal, 1],
] as const)('a stream that %s, also if its link answers at once', async (_does, error, expected) => {
  let attempts = 0;
  const unsubscribe = vi.fn();
  const subscribe: SubscribeWatch = (_, { onError }) => {
    attempts += 1;
    if (attempts === 1) onError(error);
    return { unsubscribe };
  };
  const refused = vi.fn();
  const stop = openWatch(subscribe, { event: vi.fn(), refused });
  await vi.advanceTimersByTimeAsync(2000);
  expect(attempts).toBe(expected);
  expect(unsubscribe).toHaveBeenCalledOnce();
  expect(refused.mock.calls).toEqual(expected === 1 ? [[error]] : []);
  stop();
});

test('a real server that is away gets fewer and fewer requests, and one when it is back', async () => {
  await using server = await startServer();
  const tokens = memoryTokenStore((await server.manager.issue({ userId: 'ada' })).token);
  const links = sessionLinks<Router>({ url: server.url, at: 'auth', tokens, transformer: superjson, fetch: testFetch });
  const { sessions } = createTRPCClient<Router>({ links }).auth;
  const attempts: number[] = [];
  let failures = 0;
  const lists: unknown[] = [];
  const subscribe: SubscribeWatch = (input, calls) => {
    attempts.push(Date.now());
    return sessions.watch.subscribe(input, {
      ...calls,
      onConnectionStateChange(state) {
        failures += Number(state.state === 'connecting' && state.error !== null);
        calls.onConnectionStateChange(state);
      },
    });
  };
  const stop = openWatch(subscribe, { event: ({ type }) => lists.push(type), refused: expect.unreachable });
  await expect.poll(() => lists).toEqual(['sessions']);
  await server.stop();
  const [away, step] = [9, 100];
  const pauses: number[] = [];
  for (let attempt = 1; attempt <= away; attempt += 1) {
    await expect.poll(() => failures).toBe(attempt);
    const failed = Date.now();
    if (attempt === away) await server.start();
    while (attempts.length === attempt) await vi.advanceTimersByTimeAsync(step);
    pauses.push(Date.now() - failed);
  }
  for (const [index, pause] of pauses.entries()) {
    const longest = Math.min(60_000, 1000 * 2 ** index);
    expect(pause).toBeGreaterThanOrEqual(longest / 2);
    expect(pause).toBeLessThanOrEqual(longest + step);
  }
  await expect.poll(() => lists).toEqual(['sessions', 'sessions']);
  expect(server.paths).toEqual(['auth.sessions.watch', 'auth.sessions.watch']);
  stop();
});

test('a server that ends each stream after its first event counts as away', async () => {
  const { streams } = watch();
  for (let second = 0; second < 20; second += 1) {
    streams.at(-1)?.onData(list);
    streams.at(-1)?.onComplete();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(streams.length).toBeLessThan(8);
  // One that lasts begins with the shortest pause again.
  await vi.advanceTimersByTimeAsync(60_000);
  const { length } = streams;
  streams.at(-1)?.onData(list);
  await vi.advanceTimersByTimeAsync(15_000);
  streams.at(-1)?.onComplete();
  await vi.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(length + 1);
});

test('when the network is back, the next attempt comes within a second', async () => {
  const page = new EventTarget();
  vi.stubGlobal('window', page);
  const { streams, stop } = watch();
  for (let failures = 0; failures < 10; failures += 1) {
    streams.at(-1)?.onConnectionStateChange({ state: 'connecting', error: new Error('offline') });
    if (failures < 9) await vi.advanceTimersByTimeAsync(60_000);
  }
  page.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(11);
  // An open stream stays.
  streams.at(-1)?.onData(list);
  page.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(11);
  stop();
  page.dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams).toHaveLength(11);
});

test('a stream that fails once is opened again within a second', async () => {
  const { streams, unsubscribe, calls } = watch();
  streams[0]?.onData(list);
  streams[0]?.onError(new Error('lost'));
  expect(unsubscribe).toHaveBeenCalledOnce();
  // A late call of the old stream counts for nothing.
  streams[0]?.onData(list);
  await vi.advanceTimersByTimeAsync(1000);
  expect(streams).toHaveLength(2);
  expect(calls.event).toHaveBeenCalledOnce();
});

test('a stream that is silent for longer than the server ever is counts as lost', async () => {
  const { streams } = watch();
  streams[0]?.onData({ type: 'alive' });
  await vi.advanceTimersByTimeAsync(74_000);
  expect(streams).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(streams).toHaveLength(2);
});

test('a refusal is final, and so is stopping', async () => {
  const refused = watch();
  refused.streams[0]?.onError(refusal);
  expect(refused.calls.refused).toHaveBeenCalledExactlyOnceWith(refusal);
  const stopped = watch();
  stopped.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(refused.streams).toHaveLength(1);
  expect(stopped.streams).toHaveLength(1);
});
