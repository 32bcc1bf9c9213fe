import { expect, test, vi } from 'vitest';
import type { LastSeenWrite } from '../store/store.ts';
import { createTimeLimit } from '../store/time-limit.ts';
import { createLastSeenWrites } from './last-seen.ts';

const writeOf = (id: string, seenAt = 1): LastSeenWrite => ({
  id,
  seenAt,
  seenBefore: 0,
  ip: null,
  userAgent: null,
  device: null,
});

function createWorld(
  write: (batch: readonly LastSeenWrite[]) => Promise<void> = () => Promise.resolve(),
  waitUntil?: (pending: Promise<void>) => void,
) {
  const written = vi.fn(write);
  const onFault = vi.fn();
  return { written, onFault, writes: createLastSeenWrites({ writeLastSeen: written }, 5, onFault, waitUntil) };
}

test('a session is written once, however often it was seen', async () => {
  const { writes, written } = createWorld();
  for (let n = 0; n < 100; n += 1) writes.add(writeOf('a', n));
  await writes.flush();
  expect(written).toHaveBeenCalledExactlyOnceWith([writeOf('a', 99)]);
});

test('sessions are written together, in the order of their ids', async () => {
  const { writes, written } = createWorld();
  for (const id of ['c', 'a', 'b']) writes.add(writeOf(id));
  await writes.flush();
  expect(written.mock.calls).toEqual([[[writeOf('a'), writeOf('b'), writeOf('c')]]]);
});

test('a session whose write is running is not written again', async () => {
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const { writes, written } = createWorld(() => slow);
  writes.add(writeOf('a'));
  const flushed = writes.flush();
  await Promise.resolve();
  writes.add(writeOf('a', 2));
  resolve();
  await flushed;
  await writes.flush();
  expect(written).toHaveBeenCalledOnce();
});

test('a write happens by itself after a short delay, and at once when many wait', async () => {
  const { writes, written } = createWorld();
  writes.add(writeOf('a'));
  await expect.poll(() => written.mock.calls).toHaveLength(1);
  for (let n = 0; n < 500; n += 1) writes.add(writeOf(`s${n}`));
  await Promise.resolve();
  expect(written).toHaveBeenCalledTimes(2);
});

test('a write that fails is reported, not thrown, and the next one succeeds', async () => {
  const { writes, written, onFault } = createWorld(
    vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(undefined),
  );
  writes.add(writeOf('a'));
  await writes.flush();
  expect(onFault).toHaveBeenCalledExactlyOnceWith(new Error('down'));
  writes.add(writeOf('a'));
  await writes.flush();
  expect(written).toHaveBeenCalledTimes(2);
});

test('a transaction writes at most 500 sessions, and the writes that wait for a database are bounded', async () => {
  const { promise: down, resolve } = Promise.withResolvers<void>();
  const { writes, written } = createWorld(() => down);
  for (let n = 0; n < 50_000; n += 1) writes.add(writeOf(`s${n}`));
  await Promise.resolve();
  resolve();
  await writes.flush();
  const sizes = written.mock.calls.map(([batch]) => batch.length);
  expect(Math.max(...sizes)).toBe(500);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_500);
});

test('a write that has timed out is not retried beside itself, but when it has ended', async () => {
  const limitTime = createTimeLimit(20);
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const { writes, written, onFault } = createWorld(() => limitTime(() => slow));
  writes.add(writeOf('a'));
  const flushed = writes.flush();
  await expect.poll(() => onFault.mock.calls).toHaveLength(1);
  writes.add(writeOf('b'));
  expect(written).toHaveBeenCalledOnce();
  resolve();
  await flushed;
  await writes.flush();
  expect(written).toHaveBeenCalledTimes(2);
});

test('after the stop nothing is retried', async () => {
  vi.useFakeTimers();
  const { writes, written } = createWorld(() => Promise.reject(new Error('down')));
  writes.add(writeOf('a'));
  await writes.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect(written).toHaveBeenCalledOnce();
});

test('each queued write gives the platform a promise that resolves once it is written, by any flush', async () => {
  const pending: Promise<void>[] = [];
  const { writes, written } = createWorld(undefined, (promise) => pending.push(promise));
  writes.add(writeOf('a'));
  writes.add(writeOf('b'));
  expect(pending).toHaveLength(2);
  await Promise.all(pending);
  expect(written).toHaveBeenCalledExactlyOnceWith([writeOf('a'), writeOf('b')]);
  writes.add(writeOf('a', 2));
  void writes.flush();
  await pending[2];
  expect(written).toHaveBeenCalledTimes(2);
});

test('a platform that refuses the promise of a write is reported, and the write happens', async () => {
  const { writes, written, onFault } = createWorld(undefined, () => {
    throw new Error('outside of a request');
  });
  expect(writes.add(writeOf('a'))).toBe(true);
  expect(onFault).toHaveBeenCalledExactlyOnceWith(new Error('outside of a request'));
  await writes.flush();
  expect(written).toHaveBeenCalledOnce();
});
