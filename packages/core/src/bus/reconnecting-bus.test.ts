import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConnectionEvents } from './driver.ts';
import { createReconnectingBus } from './reconnecting-bus.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A server that delivers each message to every connection, until it falls silent. */
function createServer() {
  const connections: ConnectionEvents[] = [];
  let isSilent = false;
  const send = vi.fn<(message: string) => Promise<unknown>>((message) => {
    if (!isSilent) for (const { message: deliver } of connections) deliver(message);
    return Promise.resolve();
  });
  const ping = vi.fn<() => Promise<unknown>>(() => Promise.resolve());
  const close = vi.fn<() => Promise<unknown>>(() => Promise.resolve());
  const open = (events: ConnectionEvents) => {
    connections.push(events);
    return { ping, close };
  };
  const listener = { message: vi.fn(), connected: vi.fn(), disconnected: vi.fn(), fault: vi.fn() };
  return {
    connections,
    send,
    ping,
    close,
    listener,
    fallSilent: () => void (isSilent = true),
    bus: createReconnectingBus({ send, open, silenceHint: 'see the guide' }, 1000),
  };
}

const never = (): Promise<never> => new Promise(() => {});

test('a confirmed subscription counts as connected only when a published message arrives on it', async () => {
  const { bus, connections, send, ping, listener } = createServer();
  send.mockImplementation(() => Promise.resolve());
  bus.subscribe(listener);
  connections[0]!.listening();
  await vi.advanceTimersByTimeAsync(999);
  connections[0]!.message('from another process');
  connections[0]!.message('probe:of another process');
  expect(listener.message.mock.calls).toEqual([['from another process']]);
  expect(listener.connected).not.toHaveBeenCalled();
  expect(ping).not.toHaveBeenCalled();

  await vi.advanceTimersByTimeAsync(2);
  expect(listener.fault.mock.calls).toEqual([[new Error('bus: published messages do not arrive: see the guide')]]);
  await vi.advanceTimersByTimeAsync(200);
  connections[1]!.listening();
  connections[1]!.message(send.mock.calls[1]![0]);
  expect(listener.connected).toHaveBeenCalledOnce();
  expect(listener.disconnected).not.toHaveBeenCalled();
});

test('a connection on which messages cease to arrive is lost within two heartbeats, though it answers', async () => {
  const { bus, connections, listener, fallSilent } = createServer();
  bus.subscribe(listener);
  connections[0]!.listening();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(listener.disconnected).not.toHaveBeenCalled();
  fallSilent();
  await vi.advanceTimersByTimeAsync(2001);
  expect(listener.disconnected).toHaveBeenCalledOnce();
  expect(listener.fault).toHaveBeenCalledOnce();
  // It reconnects in vain, and reports nothing new.
  for (let n = 0; n < 30; n += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    connections.at(-1)!.listening();
  }
  expect(connections.length).toBeGreaterThan(3);
  expect(listener.connected).toHaveBeenCalledOnce();
  expect(listener.fault).toHaveBeenCalledOnce();
});

test('a probe that cannot be sent is retried at first, and later proves no loss', async () => {
  const { bus, connections, send, listener } = createServer();
  send.mockRejectedValueOnce(new Error('not connected yet'));
  bus.subscribe(listener);
  connections[0]!.listening();
  await vi.advanceTimersByTimeAsync(101);
  expect(listener.connected).toHaveBeenCalledOnce();
  expect(listener.fault.mock.calls).toEqual([[new Error('not connected yet')]]);
  send.mockImplementation(never);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(connections).toHaveLength(1);
  expect(listener.disconnected).not.toHaveBeenCalled();
});

test('at most 100 messages are in flight to a server that takes none', async () => {
  const { bus, send } = createServer();
  send.mockImplementation(never);
  const outcomes = Promise.allSettled(Array.from({ length: 5000 }, () => bus.publish('x')));
  expect(send).toHaveBeenCalledTimes(100);
  await expect(bus.publish('x')).rejects.toThrow('bus: 100 messages wait for the server to take them');
  await vi.advanceTimersByTimeAsync(1001);
  expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
});

test('a connection that never opens is given up, and retried at growing intervals', async () => {
  const { bus, connections, listener } = createServer();
  bus.subscribe(listener);
  await vi.advanceTimersByTimeAsync(60_000);
  // Two seconds each, and up to five between them.
  expect(connections.length).toBeGreaterThan(8);
  expect(connections.length).toBeLessThan(17);
  expect(listener.connected).not.toHaveBeenCalled();
  expect(listener.disconnected).not.toHaveBeenCalled();
});

test('a heartbeat without an answer closes the connection once, and its later events are ignored', async () => {
  const { bus, connections, ping, close, listener } = createServer();
  bus.subscribe(listener);
  connections[0]!.listening();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(ping).toHaveBeenCalledTimes(10);
  expect(listener.disconnected).not.toHaveBeenCalled();

  ping.mockImplementation(never);
  await vi.advanceTimersByTimeAsync(2001);
  expect(listener.disconnected).toHaveBeenCalledOnce();
  expect(close).toHaveBeenCalledOnce();
  for (const event of [connections[0]!.lost, connections[0]!.listening, () => connections[0]!.message('late')]) event();
  expect(listener.connected).toHaveBeenCalledOnce();
  expect(listener.disconnected).toHaveBeenCalledOnce();
  expect(listener.message).not.toHaveBeenCalled();
});

test('after it is unsubscribed, nothing is sent, opened or reported', async () => {
  const { bus, connections, send, ping, listener } = createServer();
  for (const end of [() => {}, () => connections.at(-1)!.listening(), () => connections.at(-1)!.lost()]) {
    const stop = bus.subscribe(listener);
    end();
    await stop();
    const mocks = [send, ping, ...Object.values(listener)];
    const count = () => [connections.length, ...mocks.map(({ mock }) => mock.calls.length)];
    const before = count();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(count()).toEqual(before);
  }
});
