import { expect, test, vi } from 'vitest';
import type { Touch } from '../store/store.ts';
import { createTouches } from './last-seen.ts';

const touch = (id: string, seenAt = 1): Touch => ({ id, seenAt, seenBefore: 0, ip: null });

function createWorld(write: (touches: readonly Touch[]) => Promise<void> = () => Promise.resolve()) {
  const written = vi.fn(write);
  const onFault = vi.fn();
  return { written, onFault, touches: createTouches({ touch: written }, 5, onFault) };
}

test('a session is written once, however often it was used', async () => {
  const { touches, written } = createWorld();
  for (let n = 0; n < 100; n += 1) touches.add(touch('a', n));
  await touches.flush();
  expect(written).toHaveBeenCalledExactlyOnceWith([touch('a', 99)]);
});

test('sessions are written together, in the order of their ids', async () => {
  const { touches, written } = createWorld();
  for (const id of ['c', 'a', 'b']) touches.add(touch(id));
  await touches.flush();
  expect(written.mock.calls).toEqual([[[touch('a'), touch('b'), touch('c')]]]);
});

test('a session whose write is on the way is not written again', async () => {
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const { touches, written } = createWorld(() => slow);
  touches.add(touch('a'));
  const flushed = touches.flush();
  await Promise.resolve();
  touches.add(touch('a', 2));
  resolve();
  await flushed;
  await touches.flush();
  expect(written).toHaveBeenCalledOnce();
});

test('a write happens by itself, soon, and at once when many wait', async () => {
  const { touches, written } = createWorld();
  touches.add(touch('a'));
  await vi.waitFor(() => expect(written).toHaveBeenCalledOnce());
  for (let n = 0; n < 500; n += 1) touches.add(touch(`s${n}`));
  await Promise.resolve();
  expect(written).toHaveBeenCalledTimes(2);
});

test('a write that fails is told, not thrown, and the next one goes ahead', async () => {
  const { touches, written, onFault } = createWorld(
    vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue(undefined),
  );
  touches.add(touch('a'));
  await touches.flush();
  expect(onFault).toHaveBeenCalledExactlyOnceWith(new Error('down'));
  touches.add(touch('a'));
  await touches.flush();
  expect(written).toHaveBeenCalledTimes(2);
});

test('no write is longer than five hundred sessions, and what waits for a database that does not answer is bounded', async () => {
  const { promise: down, resolve } = Promise.withResolvers<void>();
  const { touches, written } = createWorld(() => down);
  for (let n = 0; n < 50_000; n += 1) touches.add(touch(`s${n}`));
  await Promise.resolve();
  resolve();
  await touches.flush();
  const sizes = written.mock.calls.map(([batch]) => batch.length);
  expect(Math.max(...sizes)).toBe(500);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(10_500);
});
