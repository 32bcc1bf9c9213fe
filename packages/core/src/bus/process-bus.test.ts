import { setImmediate as immediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBroadcast, type BroadcastEvents } from './broadcast.ts';
import { createProcessBus } from './process-bus.ts';

// Test files share a process: managers of others may still listen.
const key = Symbol.for('trpc-sessions.process-bus');
let ofOthers: unknown;
beforeEach(() => {
  ofOthers = Reflect.get(globalThis, key);
  Reflect.set(globalThis, key, undefined);
});
afterEach(() => void Reflect.set(globalThis, key, ofOthers));

function openBroadcast() {
  const bus = createProcessBus();
  if (bus === undefined) throw new Error('this platform has no weak references');
  const publish = vi.spyOn(bus, 'publish');
  const received = vi.fn<BroadcastEvents['received']>();
  const events = { connected() {}, disconnected() {}, received, missed() {}, fault() {} };
  return { publish, received, broadcast: createBroadcast(bus, 'sessions', events) };
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  // A weak reference holds its value until the turn ends.
  await immediate();
  runInNewContext('gc()');
}

test('a manager that is alone in its process writes no message, until another comes', async () => {
  const first = openBroadcast();
  first.broadcast.publish({ userId: 'ada' }, 'revoked');
  expect(first.publish).not.toHaveBeenCalled();
  const second = openBroadcast();
  first.broadcast.publish({ userId: 'ada' }, 'revoked');
  expect(second.received.mock.calls).toEqual([[{ userId: 'ada' }, 'revoked']]);
  await second.broadcast.stop();
  first.broadcast.publish({ userId: 'bob' }, 'revoked');
  expect(first.publish).toHaveBeenCalledOnce();
  await first.broadcast.stop();
});

test('a listener of one manager cannot change the sessions that the next one gets', async () => {
  const [first, second, third] = [openBroadcast(), openBroadcast(), openBroadcast()];
  second.received.mockImplementation((sessions) => void Reflect.deleteProperty(Object(sessions.ids), 0));
  first.broadcast.publish({ userId: 'ada', ids: ['phone'] }, 'revoked');
  expect(third.received).toHaveBeenCalledWith({ userId: 'ada', ids: ['phone'] }, 'revoked');
  for (const { broadcast } of [first, second, third]) await broadcast.stop();
});

test('a manager that has stopped still reaches the others', async () => {
  const [first, second] = [openBroadcast(), openBroadcast()];
  await first.broadcast.stop();
  first.broadcast.publish({ userId: 'ada' }, 'revoked');
  expect(second.received).toHaveBeenCalledOnce();
  await second.broadcast.stop();
});

test('managers still reach each other after garbage has been collected', async () => {
  const [first, second] = [openBroadcast(), openBroadcast()];
  await collectGarbage();
  first.broadcast.publish({ userId: 'ada' }, 'revoked');
  second.broadcast.publish({ userId: 'bob' }, 'revoked');
  expect(second.received).toHaveBeenCalledWith({ userId: 'ada' }, 'revoked');
  expect(first.received).toHaveBeenCalledWith({ userId: 'bob' }, 'revoked');
  await first.broadcast.stop();
  await second.broadcast.stop();
});

test('managers that are created for a request and collected after it leave nothing behind', async () => {
  const openBus = () => {
    const bus = createProcessBus();
    void bus?.subscribe({ connected() {}, disconnected() {}, message() {}, fault() {} });
    return bus;
  };
  for (let n = 0; n < 100; n += 1) openBus();
  await collectGarbage();
  const listeners: Set<WeakRef<object>> = Reflect.get(globalThis, key);
  // Those of other tests.
  const kept = [...listeners].filter((reference) => reference.deref() !== undefined).length;
  const buses = Array.from({ length: 60 }, openBus);
  expect(listeners.size).toBeLessThanOrEqual(kept + buses.length);
});
