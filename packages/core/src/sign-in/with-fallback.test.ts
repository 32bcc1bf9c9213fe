import { expect, test } from 'vitest';
import type { AttemptBucket, AttemptStore } from './attempts.ts';
import { createMemoryAttempts } from './memory-attempts.ts';
import { withFallback } from './with-fallback.ts';

const bucket: AttemptBucket = { id: 'ada', free: 2, firstWait: 1000, maxWait: 60_000, window: 3_600_000 };

function createWorld() {
  const server = createMemoryAttempts();
  const world = { isDown: false, asked: 0, now: 0, faults: 0 };
  const check = (): void => {
    world.asked += 1;
    if (world.isDown) throw new Error('down');
  };
  const store: AttemptStore = {
    take: async (...input) => (check(), server.take(...input)),
    giveBack: async (...input) => (check(), server.giveBack(...input)),
    clear: async (id) => (check(), server.clear(id)),
  };
  const attempts = withFallback(store, {
    fallback: createMemoryAttempts(),
    clock: () => world.now,
    onFault: () => (world.faults += 1),
  });
  return { world, server, attempts, guess: async () => (await attempts.take(bucket, world.now)).wait === 0 };
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
  await guess();
  expect(world).toMatchObject({ asked: 4, faults: 1 });
});

test('an attempt is given back where it was counted', async () => {
  const { world, server, attempts, guess } = createWorld();
  expect(await guess()).toBe(true);
  world.isDown = true;
  const attempt = await attempts.take(bucket, 0);
  world.isDown = false;
  world.now += 5000;
  await attempts.giveBack(bucket, attempt);
  expect(await server.take(bucket, 0)).toMatchObject({ attempts: 2 });
});
