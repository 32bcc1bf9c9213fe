import { expect, test } from 'vitest';
import type { AttemptLimit } from './attempts.ts';
import { createMemoryAttempts } from './memory-attempts.ts';

const limit: AttemptLimit = { free: 2, firstWait: 1000, maxWait: 60_000, window: 3_600_000 };

test('a flood of new buckets evicts no bucket that waits', async () => {
  const attempts = createMemoryAttempts(10);
  for (let n = 0; n < 2; n += 1) await attempts.take({ id: 'ada', ...limit }, 1);
  for (let n = 0; n < 1000; n += 1) await attempts.take({ id: `user ${n}`, ...limit }, 1);
  expect(await attempts.take({ id: 'ada', ...limit }, 1)).toMatchObject({ wait: 1000 });
});

test('at most so many buckets are kept', async () => {
  const attempts = createMemoryAttempts(10);
  for (let n = 0; n < 1000; n += 1) await attempts.take({ id: `user ${n}`, ...limit }, 1);
  const kept = [];
  for (let n = 0; n < 1000; n += 1) if (await attempts.clear(`user ${n}`)) kept.push(n);
  expect(kept).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
});

test('an attempt that is given back ends its own wait, and not that of a later one', async () => {
  const attempts = createMemoryAttempts();
  const bucket = { id: 'ada', ...limit };
  await attempts.take(bucket, 0);
  const second = await attempts.take(bucket, 1);
  await attempts.giveBack(bucket, second);
  const again = await attempts.take(bucket, 2);
  expect(again).toEqual({ wait: 0, attempts: 2, waitUntil: 1002 });
  const third = await attempts.take(bucket, 2000);
  await attempts.giveBack(bucket, again);
  expect(await attempts.take(bucket, 2001)).toEqual({ wait: third.waitUntil - 2001, attempts: 2, waitUntil: 0 });
});
