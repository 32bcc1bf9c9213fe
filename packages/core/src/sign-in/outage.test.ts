import { expect, test } from 'vitest';
import { createAttempts, type AttemptBucket } from './attempt-waits.ts';
import type { CountStore } from './counts.ts';
import { limitersOver } from './rate-limiters.ts';
import { createMemoryCounts } from './memory-counts.ts';
import { createAsk } from './outage.ts';

const bucket: AttemptBucket = { id: 'ada', free: 2, firstWait: 1000, maxWait: 60_000, window: 3_600_000 };

function createWorld() {
  const server = createMemoryCounts();
  const world = { isDown: false, asked: 0, now: 0, faults: 0 };
  const clock = (): number => world.now;
  const check = (): void => {
    world.asked += 1;
    if (world.isDown) throw new Error('down');
  };
  const counts: CountStore = {
    change: async (...input) => (check(), server.change(...input)),
    delete: async (key) => (check(), server.delete(key)),
  };
  const createLimiter = limitersOver(counts, clock);
  const inMemory = limitersOver(createMemoryCounts(), clock);
  const ask = createAsk({ clock, onFault: () => (world.faults += 1) });
  const attempts = createAttempts(
    async (options) => createLimiter({ ...options, ask, insuranceLimiter: await inMemory(options) }),
    clock,
  );
  return { world, attempts, guess: async () => (await attempts.take(bucket)).wait === 0 };
}

test('while a store is down, guesses are counted by this process: none is uncounted, and not all are refused', async () => {
  const { world, guess } = createWorld();
  world.isDown = true;
  expect([await guess(), await guess(), await guess()]).toEqual([true, true, false]);
});

test('a store that is down is asked again after a while, and reported once', async () => {
  const { world, guess } = createWorld();
  world.isDown = true;
  await guess();
  await guess();
  expect(world).toMatchObject({ asked: 1, faults: 1 });
  world.now += 5000;
  await guess();
  expect(world).toMatchObject({ asked: 2, faults: 1 });
  world.isDown = false;
  world.now += 5000;
  await guess();
  expect(world).toMatchObject({ asked: 3, faults: 1 });
});

test('an attempt that was counted during an outage is given back there', async () => {
  const { world, attempts, guess } = createWorld();
  world.isDown = true;
  const attempt = await attempts.take(bucket);
  await attempts.giveBack(bucket, attempt);
  expect([await guess(), await guess(), await guess()]).toEqual([true, true, false]);
});
