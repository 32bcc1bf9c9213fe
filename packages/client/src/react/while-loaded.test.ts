import { expect, test, vi } from 'vitest';
import { whileLoaded } from './while-loaded.ts';

const offline = new Error('offline');

test('a part that cannot be loaded is loaded again after longer and longer pauses, and started once', async () => {
  vi.useFakeTimers();
  const stop = vi.fn();
  const start = vi.fn(() => stop);
  const load = vi.fn(async () => 'part');
  for (let n = 0; n < 3; n += 1) load.mockRejectedValueOnce(offline);
  const stopPart = whileLoaded(load, start);
  for (const [pause, attempts] of [
    [999, 1],
    [1, 2],
    [1999, 2],
    [1, 3],
    [4000, 4],
    [3_600_000, 4],
  ] as const) {
    await vi.advanceTimersByTimeAsync(pause);
    expect(load).toHaveBeenCalledTimes(attempts);
  }
  expect(start).toHaveBeenCalledExactlyOnceWith('part');
  expect(stop).not.toHaveBeenCalled();
  stopPart();
  expect(stop).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

test('a part that is stopped before it has been loaded is not started, nor loaded again', async () => {
  vi.useFakeTimers();
  const start = vi.fn(() => () => {});
  const loaded = Promise.withResolvers<string>();
  whileLoaded(() => loaded.promise, start)();
  loaded.resolve('part');
  const load = vi.fn(() => Promise.reject(offline));
  const stop = whileLoaded(load, start);
  await vi.advanceTimersByTimeAsync(0);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(load).toHaveBeenCalledOnce();
  expect(start).not.toHaveBeenCalled();
  vi.useRealTimers();
});
