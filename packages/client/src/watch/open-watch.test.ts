import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openWatch } from './open-watch.ts';
import type { SubscribeWatch } from './received-event.ts';

beforeEach(() => vi.useFakeTimers());
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
