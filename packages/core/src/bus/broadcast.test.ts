import { expect, test, vi } from 'vitest';
import { createBroadcast, type BroadcastEvents } from './broadcast.ts';
import type { BusListener } from './bus.ts';
import { localBus } from './local-bus.ts';

function createEvents() {
  return {
    connected: vi.fn<BroadcastEvents['connected']>(),
    disconnected: vi.fn<BroadcastEvents['disconnected']>(),
    received: vi.fn<BroadcastEvents['received']>(),
    missed: vi.fn<BroadcastEvents['missed']>(),
    fault: vi.fn<BroadcastEvents['fault']>(),
  };
}

test('a revocation reaches the other processes of its table, and not its own', async () => {
  const bus = localBus();
  const [own, other, elsewhere] = [createEvents(), createEvents(), createEvents()];
  const broadcast = createBroadcast(bus, 'sessions', own);
  createBroadcast(bus, 'sessions', other);
  createBroadcast(bus, 'staff_sessions', elsewhere);
  broadcast.publish({ userId: 'ada' }, 'revoked');
  broadcast.publish({ userId: 'bob', ids: ['a'] }, 'pending');
  broadcast.publish({ userId: 'eve' }, 'possible');
  await broadcast.stop();
  expect(other.received.mock.calls).toEqual([
    [{ userId: 'ada' }, 'revoked'],
    [{ userId: 'bob', ids: ['a'] }, 'pending'],
    [{ userId: 'eve' }, 'possible'],
  ]);
  for (const { received, missed } of [own, elsewhere]) {
    expect(received).not.toHaveBeenCalled();
    expect(missed).not.toHaveBeenCalled();
  }
});

test('a new session that the bus does not take is no missed revocation', async () => {
  const bus = localBus();
  const [own, other] = [createEvents(), createEvents()];
  let isDown = true;
  const publish = (text: string): Promise<void> => (isDown ? Promise.reject(new Error('down')) : bus.publish(text));
  const broadcast = createBroadcast({ ...bus, publish }, 'sessions', own);
  createBroadcast(bus, 'sessions', other);
  broadcast.publish({ userId: 'ada', ids: ['a'] }, 'started');
  await expect.poll(() => own.fault.mock.calls).toHaveLength(1);
  isDown = false;
  broadcast.publish({ userId: 'bob', ids: ['b'] }, 'started');
  await broadcast.stop();
  expect(other.received.mock.calls).toEqual([[{ userId: 'bob', ids: ['b'] }, 'started']]);
  expect(other.missed).not.toHaveBeenCalled();
});

test('a message without a table counts for any', async () => {
  const bus = localBus();
  const events = createEvents();
  createBroadcast(bus, 'sessions', events);
  await bus.publish('{"from":"another","ended":{"userId":"ada"}}');
  expect(events.received).toHaveBeenCalledExactlyOnceWith({ userId: 'ada' }, 'revoked');
});

test('a message that cannot be read, and a bus that was away, mean that revocations were missed', async () => {
  let listener: BusListener | undefined;
  const events = createEvents();
  const subscribe = (own: BusListener) => {
    listener = own;
    own.connected();
    return () => Promise.resolve();
  };
  createBroadcast({ ...localBus(), subscribe }, 's', events);
  expect(events.missed).not.toHaveBeenCalled();
  listener?.message('resync');
  expect(events.missed).toHaveBeenCalledOnce();
  listener?.disconnected();
  expect(events.missed).toHaveBeenCalledOnce();
  listener?.connected();
  expect(events.missed).toHaveBeenCalledTimes(2);
});

test('a bus that connects later may have missed revocations until then', async () => {
  let listener: BusListener | undefined;
  const events = createEvents();
  createBroadcast({ ...localBus(), subscribe: (own) => ((listener = own), () => Promise.resolve()) }, 's', events);
  expect(events.missed).not.toHaveBeenCalled();
  listener?.connected();
  expect(events.connected).toHaveBeenCalledOnce();
  expect(events.missed).toHaveBeenCalledOnce();
});

test('a slow bus has few messages in flight, and the rest shares the next', async () => {
  const taken: (() => void)[] = [];
  const publish = vi.fn<(message: string) => Promise<void>>(() => new Promise((resolve) => taken.push(resolve)));
  const broadcast = createBroadcast({ ...localBus(), publish }, 'sessions', createEvents());
  for (let n = 0; n < 50; n += 1) broadcast.publish({ userId: `user${n}` }, 'revoked');
  expect(publish).toHaveBeenCalledTimes(4);
  let isStopped = false;
  const stopped = broadcast.stop().then(() => (isStopped = true));
  taken.shift()?.();
  await expect.poll(() => publish.mock.calls).toHaveLength(5);
  expect(publish.mock.calls.flatMap(([message]) => message.match(/user\d+/g))).toHaveLength(50);
  expect(isStopped).toBe(false);
  for (const take of taken) take();
  await stopped;
});

test('a message that the bus does not take is made up for: the other processes check their sessions', async () => {
  const bus = localBus({ channel: 'refusing' });
  const [own, other] = [createEvents(), createEvents()];
  const down = new Error('down');
  const publish = vi.fn<(message: string) => Promise<void>>().mockRejectedValueOnce(down).mockRejectedValueOnce(down);
  publish.mockImplementation((message) => bus.publish(message));
  const broadcast = createBroadcast({ ...bus, publish }, 'sessions', own);
  createBroadcast(bus, 'sessions', other);
  broadcast.publish({ userId: 'ada' }, 'revoked');
  await expect.poll(() => other.missed.mock.calls).toHaveLength(1);
  expect(own.fault.mock.calls).toEqual([[down], [down]]);
  broadcast.publish({ userId: 'bob' }, 'revoked');
  await broadcast.stop();
  expect(other.received.mock.calls).toEqual([[{ userId: 'bob' }, 'revoked']]);
});

test('stopping waits for the last attempt on a bus that takes nothing', async () => {
  const down = new Error('down');
  const events = createEvents();
  const publish = vi.fn(() => Promise.reject(down));
  const broadcast = createBroadcast({ ...localBus({ channel: 'broken' }), publish }, 'sessions', events);
  broadcast.publish({ userId: 'ada' }, 'revoked');
  await expect.poll(() => events.fault.mock.calls).toHaveLength(1);
  await broadcast.stop();
  expect(publish).toHaveBeenLastCalledWith('resync');
});
