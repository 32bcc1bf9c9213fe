import { expect, test } from 'vitest';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { createSessionManager } from './manager.ts';

async function managerWith(clock: () => unknown) {
  const db = await createMigratedDatabase();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript passes anything
  return createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', clock: clock as () => number });
}

test.each<[string, () => unknown, RegExp]>([
  ['not a number', () => Number.NaN, /^clock: .* got NaN$/],
  ['endless', () => Infinity, /^clock: .* got Infinity$/],
  ['a Date', () => new Date(), /^clock: .* got a value of type object$/],
  ['nothing', () => undefined, /^clock: .* got a value of type undefined$/],
  ['a promise', () => Promise.reject(new Error('of the app')), /^clock: .* got a promise$/],
])('a clock whose time is %s accepts no token', async (_, broken, message) => {
  let clock: () => unknown = Date.now;
  const manager = await managerWith(() => clock());
  const { token } = await manager.issue({ userId: 'ada' });
  await manager.verify(token);
  clock = broken;
  await expect(manager.verify(token)).rejects.toThrow(message);
});

test('a clock that throws is a fault, and no refusal', async () => {
  const cause = new Error('of the app');
  let isBroken = false;
  const manager = await managerWith(() => {
    if (isBroken) throw cause;
    return Date.now();
  });
  const { token } = await manager.issue({ userId: 'ada' });
  isBroken = true;
  await expect(manager.verify(token)).rejects.toMatchObject({ name: 'CallbackError', cause });
});
