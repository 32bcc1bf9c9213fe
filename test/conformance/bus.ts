import type { Bus, BusListener, Duration } from '@trpc-sessions/core';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { DatabaseServer } from '../support/database-servers.ts';
import { describeIf } from '../support/optional.ts';
import { startProxy } from '../support/proxy.ts';

/** Short, so that tests are; not so short that a busy machine takes a server for dead. */
export const heartbeat: Duration = '400ms';

export interface BusOptions {
  readonly channel?: string;
  readonly heartbeat: Duration;
}

/** What an app's process has: a client, and a bus on it. */
export interface BusProcess extends AsyncDisposable {
  readonly bus: Bus;
}

/** A kind of bus that the suite runs on. */
export interface BusTarget {
  readonly name: string;
  /** A server that the tests share, `null` where this machine has none. */
  readonly url: string | null;
  readonly howToEnable: string;
  /** A server of a test's own, to do harm to. */
  startServer(): Promise<DatabaseServer>;
  urlOf(port: number): string;
  join(url: string, options: BusOptions): Promise<BusProcess>;
  /** Has the server end the connections that listen. */
  killListeners(url: string): Promise<unknown>;
  /** A program that makes a `client` for the `url`, a `bus` on it, and can `end` the client. */
  readonly program: string;
}

/** Waits for what is to come true soon. */
export function soon<T>(check: () => T): Promise<T> {
  return vi.waitFor(check, { timeout: 12_000, interval: 10 });
}

let channels = 0;
const uniqueChannel = (): string => `test-${process.pid}-${Date.now().toString(36)}-${(channels += 1)}`;

function listen(bus: Bus) {
  const heard: string[] = [];
  const listener: BusListener = {
    message: (message) => void heard.push(message),
    connected: () => void heard.push('[connected]'),
    disconnected: () => void heard.push('[disconnected]'),
  };
  const stop = bus.subscribe(listener);
  return { heard, stop, [Symbol.asyncDispose]: stop };
}

/** Joins, and waits until it is heard that messages arrive. */
async function joinAndListen(target: BusTarget, url: string, channel: string) {
  const { bus, ...rest } = await target.join(url, { channel, heartbeat });
  const { heard, stop } = listen(bus);
  await soon(() => expect(heard).toEqual(['[connected]']));
  return {
    bus,
    heard,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rest[Symbol.asyncDispose]();
    },
  };
}

/** Publishes until it is taken: a client may still be busy reconnecting. */
async function publishSoon(bus: Bus, message: string): Promise<void> {
  await vi.waitFor(() => bus.publish(message), { timeout: 12_000, interval: 50 });
}

export function testBus(target: BusTarget): void {
  describeIf(target.url !== null, `a bus over ${target.name}`, target.howToEnable, () => {
    const url = target.url ?? '';

    test('delivers to everybody who listens, from the moment they are told so', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, channel);
      for (let n = 0; n < 20; n += 1) {
        const message = `{"n":${n},"of":"ä 'quoted' \\" 日本"}`;
        await using late = await target.join(url, { channel, heartbeat });
        const heard = vi.fn();
        const connected = (): void => void a.bus.publish(message);
        const stop = late.bus.subscribe({ connected, message: heard, disconnected: heard });
        await soon(() => expect(heard.mock.calls).toEqual([[message]]));
        await stop();
      }
      await soon(() => expect(a.heard).toHaveLength(21));
      expect(b.heard).toEqual(a.heard);
    });

    test('tells nobody on another channel', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, `${channel}"; select 1`);
      await a.bus.publish('for a');
      await b.bus.publish('for b');
      await soon(() => expect([...a.heard, ...b.heard]).toHaveLength(4));
      expect(a.heard.at(-1)).toBe('for a');
      expect(b.heard.at(-1)).toBe('for b');
    });

    test('hears nothing any longer once it has stopped listening, twice or not', async () => {
      const channel = uniqueChannel();
      await using a = await joinAndListen(target, url, channel);
      await using b = await joinAndListen(target, url, channel);
      await b.stop();
      await a.bus.publish('hello');
      await soon(() => expect(a.heard).toContain('hello'));
      await b.stop();
      expect(b.heard).toEqual(['[connected]']);
    });

    test('keeps no process from ending', async () => {
      const script = `let stop;
        ${target.program}
        await new Promise((resolve) => { stop = bus.subscribe({ connected: resolve, disconnected() {}, message() {} }); });
        await bus.publish('hello');
        await stop();
        await end();`;
      const args = ['--conditions=@trpc-sessions/source', '--input-type=module', '--eval', script, url];
      const cwd = new URL('..', import.meta.url).pathname;
      const { stderr } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 15_000 });
      expect(stderr.replaceAll(/^.*(?:ExperimentalWarning|--trace-warnings).*$/gm, '').trim()).toBe('');
    });

    test('its listening connection is ended: it says so, and listens again', async () => {
      await using server = await target.startServer();
      await using a = await joinAndListen(target, target.urlOf(server.port), 'c');
      await target.killListeners(target.urlOf(server.port));
      await soon(() => expect(a.heard).toEqual(['[connected]', '[disconnected]', '[connected]']));
      await publishSoon(a.bus, 'hello');
      await soon(() => expect(a.heard.at(-1)).toBe('hello'));
    });

    test.each(['stop', 'kill'] as const)('the server goes (%s) and comes back', async (how) => {
      await using server = await target.startServer();
      await using a = await joinAndListen(target, target.urlOf(server.port), 'c');
      await using b = await joinAndListen(target, target.urlOf(server.port), 'c');
      await server[how]();
      await soon(() => expect([a.heard.at(-1), b.heard.at(-1)]).toEqual(['[disconnected]', '[disconnected]']));

      const before = Date.now();
      const outcomes = await Promise.allSettled(Array.from({ length: 2000 }, (_, n) => a.bus.publish(`lost ${n}`)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
      expect(Date.now() - before).toBeLessThan(5000);

      await server.start();
      await soon(() => expect([...a.heard, ...b.heard].filter((each) => each === '[connected]')).toHaveLength(4));
      await publishSoon(b.bus, 'hello');
      await soon(() => expect(a.heard).toContain('hello'));
      // A message that nobody understands stands for all that was lost. Only what a client had taken before it saw that
      // its server was gone, it may send after all.
      await soon(() => expect(a.heard).toContain('untold'));
      expect(a.heard.filter((each) => each.startsWith('lost')).length).toBeLessThanOrEqual(100);
      expect(a.heard.filter((each) => each === 'untold').length).toBeLessThan(5);
    });

    test('the network is silently cut: the heartbeat finds out, and publishing fails in time and bounds', async () => {
      await using server = await target.startServer();
      await using proxy = await startProxy(target.urlOf(server.port));
      await using a = await joinAndListen(target, proxy.url, 'c');
      proxy.freeze();
      const outcomes = Promise.allSettled(Array.from({ length: 2000 }, () => a.bus.publish('lost')));
      const before = Date.now();
      await soon(() => expect(a.heard).toEqual(['[connected]', '[disconnected]']));
      expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toEqual([]);
      expect(Date.now() - before).toBeLessThan(3000);

      proxy.heal();
      await using b = await joinAndListen(target, target.urlOf(server.port), 'c');
      await vi.waitFor(() => expect(a.heard.at(-1)).toBe('[connected]'), { timeout: 15_000 });
      await b.bus.publish('hello');
      await soon(() => expect(a.heard.at(-1)).toBe('hello'));
      expect(b.heard.filter((each) => each === 'lost').length).toBeLessThanOrEqual(100);
    });

    test('stops listening at once, whatever state its server is in', async () => {
      await using server = await target.startServer();
      await using proxy = await startProxy(target.urlOf(server.port));
      await using a = await joinAndListen(target, proxy.url, 'c');
      proxy.freeze();
      const before = Date.now();
      await a.stop();
      expect(Date.now() - before).toBeLessThan(1000);
      await server.kill();
      await using b = listen(a.bus);
      await b.stop();
      expect(b.heard).toEqual([]);
    });
  });
}
