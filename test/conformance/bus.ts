import type { Bus, BusListener, Duration } from '@trpc-sessions/core';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { DatabaseServer } from '../support/database-servers.ts';
import { describeIf } from '../support/optional.ts';
import { startProxy } from '../support/proxy.ts';

/** Short, so that tests are short; long enough that a busy machine's server does not count as lost. */
export const heartbeat: Duration = '400ms';

/** In milliseconds: TCP notices a lost server after minutes. */
const soonerThanTCP = 30_000;

export interface BusOptions {
  readonly channel?: string;
  readonly heartbeat: Duration;
}

/** A process of an app: a client, and a bus on it. */
export interface BusProcess extends AsyncDisposable {
  readonly bus: Bus;
}

/** A kind of bus that the suite runs on. */
export interface BusTarget {
  readonly name: string;
  /** A server that the tests share. `null`: this machine has none. */
  readonly url: string | null;
  readonly howToEnable: string;
  /** A separate server, for a test that stops it. */
  startServer(): Promise<DatabaseServer>;
  urlOf(port: number): string;
  join(url: string, options: BusOptions): Promise<BusProcess>;
  /** Makes the server close the connections that listen. */
  killListeners(url: string): Promise<unknown>;
  /** A program that creates a `client` for the `url`, a `bus` on it, and `end`, which closes the client. */
  readonly program: string;
}

/** Waits until a check passes. */
export function soon<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 10 });
}

let channels = 0;
const uniqueChannel = (): string => `test-${process.pid}-${Date.now().toString(36)}-${(channels += 1)}`;

function listen(bus: Bus) {
  const received: string[] = [];
  const listener: BusListener = {
    message: (message) => void received.push(message),
    connected: () => void received.push('[connected]'),
    disconnected: () => void received.push('[disconnected]'),
  };
  const stop = bus.subscribe(listener);
  return { received, stop, [Symbol.asyncDispose]: stop };
}

/** Joins, and waits until the bus is connected. */
async function joinAndListen(target: BusTarget, url: string, channel: string) {
  const { bus, ...rest } = await target.join(url, { channel, heartbeat });
  const { received, stop } = listen(bus);
  await soon(() => expect(received).toContain('[connected]'));
  return {
    bus,
    received,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rest[Symbol.asyncDispose]();
    },
  };
}

/** Publishes, with retries: the client may still be reconnecting. */
async function publishSoon(bus: Bus, message: string): Promise<void> {
  await vi.waitFor(() => bus.publish(message), { timeout: 60_000, interval: 50 });
}

export function testBus(target: BusTarget): void {
  describeIf(target.url !== null, `a bus over ${target.name}`, target.howToEnable, () => {
    const url = target.url ?? '';

    test('delivers to every subscriber from the moment it is connected', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, channel);
      for (let n = 0; n < 20; n += 1) {
        const message = `{"n":${n},"of":"ä 'quoted' \\" 日本"}`;
        await using late = await target.join(url, { channel, heartbeat });
        const received = vi.fn();
        const connected = (): void => void a.bus.publish(message);
        const stop = late.bus.subscribe({ connected, message: received, disconnected: received });
        await soon(() => expect(received.mock.calls).toEqual([[message]]));
        await stop();
      }
      await soon(() => expect([a.received.length, b.received.length]).toEqual([21, 21]));
      expect(b.received).toEqual(a.received);
    });

    test('delivers nothing to another channel', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, `${channel}"; select 1`);
      await a.bus.publish('for a');
      await b.bus.publish('for b');
      await soon(() => expect([...a.received, ...b.received]).toHaveLength(4));
      expect(a.received.at(-1)).toBe('for a');
      expect(b.received.at(-1)).toBe('for b');
    });

    test('delivers nothing after unsubscribing, which may be repeated', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, channel);
      await b.stop();
      await a.bus.publish('hello');
      await soon(() => expect(a.received).toContain('hello'));
      await b.stop();
      expect(b.received).toEqual(['[connected]']);
    });

    test('does not keep a process alive', async () => {
      const script = `let stop;
        ${target.program}
        await new Promise((resolve) => { stop = bus.subscribe({ connected: resolve, disconnected() {}, message() {} }); });
        await bus.publish('hello');
        await stop();
        await end();`;
      const args = ['--conditions=@trpc-sessions/source', '--input-type=module', '--eval', script, url];
      const cwd = new URL('..', import.meta.url).pathname;
      const { stderr } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 100_000 });
      expect(stderr.replaceAll(/^.*(?:ExperimentalWarning|--trace-warnings).*$/gm, '').trim()).toBe('');
    });

    test('reports the loss of its listening connection, and listens again', async () => {
      await using server = await target.startServer();
      await using a = await joinAndListen(target, target.urlOf(server.port), 'c');
      await target.killListeners(target.urlOf(server.port));
      await soon(() => expect(a.received).toEqual(['[connected]', '[disconnected]', '[connected]']));
      await publishSoon(a.bus, 'hello');
      await soon(() => expect(a.received.at(-1)).toBe('hello'));
    });

    test.each(['stop', 'kill'] as const)('recovers from a server that goes (%s) and comes back', async (how) => {
      await using server = await target.startServer();
      await using a = await joinAndListen(target, target.urlOf(server.port), 'c');
      await using b = await joinAndListen(target, target.urlOf(server.port), 'c');
      await server[how]();
      await soon(() => expect([a.received.at(-1), b.received.at(-1)]).toEqual(['[disconnected]', '[disconnected]']));

      const before = Date.now();
      const outcomes = await Promise.allSettled(Array.from({ length: 2000 }, (_, n) => a.bus.publish(`lost ${n}`)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
      expect(Date.now() - before).toBeLessThan(soonerThanTCP);

      await server.start();
      await soon(() => expect([...a.received, ...b.received].filter((each) => each === '[connected]')).toHaveLength(4));
      await publishSoon(b.bus, 'hello');
      await soon(() => expect(a.received).toContain('hello'));
      // One message stands for all that were lost. A client may still send the messages it took before it noticed the loss.
      await soon(() => expect(a.received).toContain('resync'));
      expect(a.received.filter((each) => each.startsWith('lost')).length).toBeLessThanOrEqual(100);
      expect(a.received.filter((each) => each === 'resync').length).toBeLessThan(5);
    });

    test('notices a silent network by the heartbeat, and publishing fails in bounded time and number', async () => {
      await using server = await target.startServer();
      await using proxy = await startProxy(target.urlOf(server.port));
      await using a = await joinAndListen(target, proxy.url, 'c');
      proxy.freeze();
      const outcomes = Promise.allSettled(Array.from({ length: 2000 }, () => a.bus.publish('lost')));
      const before = Date.now();
      await soon(() => expect(a.received).toEqual(['[connected]', '[disconnected]']));
      expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toEqual([]);
      expect(Date.now() - before).toBeLessThan(soonerThanTCP);

      // The connections that were cut off end, as TCP ends them after a while.
      proxy.cut();
      proxy.heal();
      await using b = await joinAndListen(target, target.urlOf(server.port), 'c');
      const connections = (): number => a.received.filter((each) => each === '[connected]').length;
      await vi.waitFor(() => expect(connections()).toBe(2), { timeout: 60_000 });
      await b.bus.publish('hello');
      await soon(() => expect(a.received).toContain('hello'));
      expect(b.received.filter((each) => each === 'lost').length).toBeLessThanOrEqual(100);
    });

    test('unsubscribes at once in any state of its server', async () => {
      await using server = await target.startServer();
      await using proxy = await startProxy(target.urlOf(server.port));
      await using a = await joinAndListen(target, proxy.url, 'c');
      proxy.freeze();
      const before = Date.now();
      await a.stop();
      expect(Date.now() - before).toBeLessThan(soonerThanTCP);
      await server.kill();
      await using b = listen(a.bus);
      await b.stop();
      expect(b.received).toEqual([]);
    });
  });
}
