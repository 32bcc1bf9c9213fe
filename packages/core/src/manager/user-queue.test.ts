import { expect, test, vi } from 'vitest';
import { createTimeLimit } from '../store/time-limit.ts';
import { createUserQueue } from './user-queue.ts';

/** Work that ends when the test says so. */
function createWork(result: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { work: vi.fn(() => promise), end: () => resolve(result), fail: () => reject(new Error('failed')) };
}

test('writes of one user run one at a time, in their order, and those of others beside them', async () => {
  const queue = createUserQueue(createTimeLimit(10_000));
  const [first, second, other] = [createWork('first'), createWork('second'), createWork('other')];
  const running = [queue.run('ada', first.work), queue.run('ada', second.work)];
  other.end();
  expect(await queue.run('bob', other.work)).toBe('other');
  expect(second.work).not.toHaveBeenCalled();
  first.end();
  second.end();
  expect(await Promise.all(running)).toEqual(['first', 'second']);
});

test('a write that fails does not fail the next one', async () => {
  const queue = createUserQueue(createTimeLimit(10_000));
  const [first, second] = [createWork('first'), createWork('second')];
  const failing = queue.run('ada', first.work);
  const next = queue.run('ada', second.work);
  first.fail();
  second.end();
  await expect(failing).rejects.toThrow('failed');
  expect(await next).toBe('second');
});

test('equal writes that have not started share one run, and one that comes after its start runs again', async () => {
  const queue = createUserQueue(createTimeLimit(10_000));
  const [running, shared, later] = [createWork('running'), createWork('shared'), createWork('later')];
  const first = queue.run('ada', running.work, 'all');
  const together = Array.from({ length: 500 }, () => queue.run('ada', shared.work, 'all'));
  running.end();
  await first;
  await expect.poll(() => shared.work.mock.calls).not.toHaveLength(0);
  const last = queue.run('ada', later.work, 'all');
  shared.end();
  later.end();
  expect(new Set(await Promise.all(together))).toEqual(new Set(['shared']));
  expect(await last).toBe('later');
  expect(shared.work).toHaveBeenCalledOnce();
});

test('past 1,000 waiting writes of one user, another one is refused, and later ones are accepted again', async () => {
  const queue = createUserQueue(createTimeLimit(10_000));
  const { work, end } = createWork('done');
  const accepted = Array.from({ length: 1001 }, () => queue.run('ada', work));
  await expect(queue.run('ada', work)).rejects.toMatchObject({ reason: 'too_many_attempts', retryAfter: 1 });
  end();
  await Promise.all(accepted);
  expect(await queue.run('ada', work)).toBe('done');
});

test('a write that has timed out keeps its place until it has ended: it may still hold a connection', async () => {
  const queue = createUserQueue(createTimeLimit(20));
  const [stuck, next] = [createWork('stuck'), createWork('next')];
  await expect(queue.run('ada', stuck.work)).rejects.toThrow('databaseTimeout');
  await expect(queue.run('ada', next.work)).rejects.toThrow('databaseTimeout');
  expect(next.work).not.toHaveBeenCalled();
  stuck.end();
  next.end();
  await expect.poll(() => queue.run('ada', next.work).catch(() => 'refused')).toBe('next');
  // The call that gave up while it waited never ran.
  expect(next.work).toHaveBeenCalledOnce();
});
