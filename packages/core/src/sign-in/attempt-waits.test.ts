import { expect, test } from 'vitest';
import { createAttempts, type AttemptLimit, type AttemptStore } from './attempt-waits.ts';
import { limitersOver } from './rate-limiters.ts';
import { createMemoryCounts } from './memory-counts.ts';

const limit: AttemptLimit = { free: 2, firstWait: 1000, maxWait: 60_000, window: 3_600_000 };
const ada = { id: 'ada', ...limit };

function createWorld(max?: number): { now: number; readonly attempts: AttemptStore } {
  const clock = (): number => world.now;
  const world = { now: 1, attempts: createAttempts(limitersOver(createMemoryCounts(max), clock), clock) };
  return world;
}

test('a flood of new buckets evicts no bucket that waits', async () => {
  const { attempts } = createWorld(10);
  for (let n = 0; n < 2; n += 1) await attempts.take(ada);
  for (let n = 0; n < 1000; n += 1) await attempts.take({ ...limit, id: `user ${n}` });
  expect(await attempts.take(ada)).toMatchObject({ wait: 1000, attempts: 2 });
});

test('no more buckets are kept than the bound', async () => {
  const { attempts } = createWorld(10);
  for (let n = 0; n < 1000; n += 1) await attempts.take({ ...limit, id: `user ${n}` });
  const kept = [];
  for (let n = 0; n < 1000; n += 1) if (await attempts.clear(`user ${n}`)) kept.push(n);
  expect(kept).toEqual([990, 991, 992, 993, 994, 995, 996, 997, 998, 999]);
});

test('each wait is twice as long as the one before, up to a minute, and a guess during it does not lengthen it', async () => {
  const world = createWorld();
  await world.attempts.take(ada);
  const waits: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    expect(await world.attempts.take(ada)).toMatchObject({ wait: 0 });
    const { wait } = await world.attempts.take(ada);
    waits.push(wait / 1000);
    world.now += wait - 1;
    expect(await world.attempts.take(ada)).toMatchObject({ wait: 1 });
    world.now += 1;
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});

test('a count is dropped an hour after the last attempt that was counted, and not after one that was refused', async () => {
  const world = createWorld();
  await world.attempts.take(ada);
  world.now += limit.window - 1;
  expect(await world.attempts.take(ada)).toMatchObject({ attempts: 2 });
  world.now += 999;
  expect(await world.attempts.take(ada)).toMatchObject({ wait: 1 });
  world.now += limit.window - 999;
  expect(await world.attempts.take(ada)).toMatchObject({ wait: 0, attempts: 1 });
});

test('an attempt that is given back ends its own wait, and not that of a later one', async () => {
  const world = createWorld();
  await world.attempts.take(ada);
  const second = await world.attempts.take(ada);
  await world.attempts.giveBack(ada, second);
  world.now = 2;
  const again = await world.attempts.take(ada);
  expect(again).toEqual({ wait: 0, attempts: 2, waitUntil: 1002 });
  world.now = 2000;
  const third = await world.attempts.take(ada);
  await world.attempts.giveBack(ada, again);
  world.now = 2001;
  expect(await world.attempts.take(ada)).toEqual({ wait: third.waitUntil - 2001, attempts: 2, waitUntil: 0 });
});

test('after a clock was set back, a wait is no longer than the next would be', async () => {
  const world = createWorld();
  world.now = 100 * limit.window;
  for (let n = 0; n < 2; n += 1) await world.attempts.take(ada);
  world.now -= 24 * limit.window;
  expect(await world.attempts.take(ada)).toMatchObject({ wait: 2000, attempts: 2 });
  world.now += 1999;
  expect(await world.attempts.take(ada)).toMatchObject({ wait: 1, attempts: 2 });
  world.now += 1;
  expect(await world.attempts.take(ada)).toMatchObject({ wait: 0, attempts: 3 });
});

test('no attempt that is given back leaves fewer attempts than none', async () => {
  const { attempts } = createWorld();
  const first = await attempts.take(ada);
  for (let n = 0; n < 5; n += 1) await attempts.giveBack(ada, first);
  expect(await attempts.clear('ada')).toBe(false);
  expect([await attempts.take(ada), await attempts.take(ada), await attempts.take(ada)]).toMatchObject([
    { wait: 0 },
    { wait: 0 },
    { wait: 1000 },
  ]);
});
