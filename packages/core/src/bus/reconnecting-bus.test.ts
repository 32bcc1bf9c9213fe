import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReconnectingBus, type ConnectionEvents } from './reconnecting-bus.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function createServer() {
  const connections: ConnectionEvents[] = [];
  const send = vi.fn<(message: string) => Promise<unknown>>(() => Promise.resolve());
  const ping = vi.fn<() => Promise<unknown>>(() => Promise.resolve());
  const close = vi.fn<() => Promise<unknown>>(() => Promise.resolve());
  const open = (events: ConnectionEvents) => {
    connections.push(events);
    return { ping, close };
  };
  const listener = { message: vi.fn(), connected: vi.fn(), disconnected: vi.fn() };
  return { connections, send, ping, close, listener, bus: createReconnectingBus({ send, open }, 1000) };
}

const never = (): Promise<never> => new Promise(() => {});

test('at most 100 messages are in flight to a server that takes none', async () => {
  const { bus, send } = createServer();
  send.mockImplementation(never);
  const outcomes = Promise.allSettled(Array.from({ length: 5000 }, () => bus.publish('x')));
  expect(send).toHaveBeenCalledTimes(100);
  await expect(bus.publish('x')).rejects.toThrow('bus: 100 messages wait for the server to take them');
  await vi.advanceTimersByTimeAsync(1000);
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

test('unsubscribing leaves no timer', async () => {
  const { bus, connections, listener } = createServer();
  for (const end of [() => {}, () => connections.at(-1)!.listening(), () => connections.at(-1)!.lost()]) {
    const stop = bus.subscribe(listener);
    end();
    await stop();
    expect(vi.getTimerCount()).toBe(0);
  }
});
