import { localBus, type BusListener } from '@trpc-sessions/core';
import { postgresBus } from '@trpc-sessions/core/postgres';
import { redisBus } from '@trpc-sessions/core/redis';
import { Cluster, Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import { describe, expect, test, vi } from 'vitest';
import { busTargets, nodeRedisTarget, postgresTarget } from '../support/buses.ts';
import { redisAt, startRedis } from '../support/database-servers.ts';
import { describeIf } from '../support/optional.ts';
import { heartbeat, soon, testBus } from './bus.ts';

for (const target of busTargets) testBus(target);

function createListener() {
  return { message: vi.fn(), connected: vi.fn(), disconnected: vi.fn() } satisfies BusListener;
}

test('a bus within one process delivers at once', async () => {
  const bus = localBus();
  const [a, b] = [createListener(), createListener()];
  bus.subscribe(a);
  const stop = bus.subscribe(b);
  expect(b.connected).toHaveBeenCalledOnce();
  await bus.publish('hello');
  await stop();
  await bus.publish('again');
  expect(a.message.mock.calls).toEqual([['hello'], ['again']]);
  expect(b.message.mock.calls).toEqual([['hello']]);
  expect(b.disconnected).not.toHaveBeenCalled();
});

describe('misuse throws when a bus is created', () => {
  test('of Redis', () => {
    const client = createClient();
    // @ts-expect-error -- a client is needed, not its address
    expect(() => redisBus({ url: 'redis://localhost' })).toThrow(/^client: expected a client of ioredis/);
    expect(() => redisBus(client, { channel: '' })).toThrow(/^channel: /);
    expect(() => redisBus(client, { heartbeat: '5ms' })).toThrow(/^heartbeat: must be at least 100ms/);
    expect(() => redisBus(client, { heartbeat: '30d' })).toThrow(/^heartbeat: must be at most 1h/);
    // @ts-expect-error -- a unit is needed
    expect(() => redisBus(client, { heartbeat: 5 })).toThrow(/^heartbeat: expected a duration/);
  });

  test('of PostgreSQL', () => {
    const pool = new pg.Pool();
    // @ts-expect-error -- a pool is needed, not its address
    expect(() => postgresBus('postgres://localhost')).toThrow(/^pool: expected a pg.Pool/);
    expect(() => postgresBus(pool, { channel: 'ä'.repeat(32) })).toThrow(/^channel: PostgreSQL takes at most 63 bytes/);
    expect(() => postgresBus(pool, { heartbeat: '1 parsec' as '1s' })).toThrow(/^heartbeat: /);
  });
});

describeIf(nodeRedisTarget.url !== null, 'over Redis', nodeRedisTarget.howToEnable, () => {
  const url = nodeRedisTarget.url ?? '';

  test('both client libraries receive each other’s messages, with any key prefix and protocol', async () => {
    const one = new Redis(url, { keyPrefix: 'app:', lazyConnect: true });
    const other = await createClient({ url, RESP: 2 }).connect();
    const another = await createClient({ url, RESP: 3 }).connect();
    const options = { channel: `both-${process.pid}`, heartbeat } as const;
    const buses = [redisBus(one, options), redisBus(other, options), redisBus(another, options)];
    const listeners = buses.map((bus) => {
      const listener = createListener();
      return { listener, stop: bus.subscribe(listener) };
    });
    await soon(() => listeners.forEach(({ listener }) => expect(listener.connected).toHaveBeenCalledOnce()));
    for (const [n, bus] of buses.entries()) await bus.publish(String(n));
    for (const { listener } of listeners)
      await soon(() => expect(listener.message.mock.calls).toEqual([['0'], ['1'], ['2']]));
    // Each bus has sent four heartbeats: one that failed would have been noticed.
    const heartbeats = vi.fn();
    const watching = await createClient({ url }).connect();
    await watching.subscribe(options.channel, heartbeats);
    await soon(() => expect(heartbeats.mock.calls.length).toBeGreaterThan(4 * buses.length));
    watching.destroy();
    for (const { listener, stop } of listeners) {
      expect(listener.disconnected).not.toHaveBeenCalled();
      await stop();
    }
    one.disconnect();
    other.destroy();
    another.destroy();
  });

  test('publishing rejects while the app has not connected its client, and does not connect it', async () => {
    const client = createClient({ url });
    await expect(redisBus(client).publish('hello')).rejects.toThrow('bus: the Redis client is not connected');
    expect(client.isOpen).toBe(false);
  });

  test('a bus over a Redis Cluster delivers, and listens again after a loss', async () => {
    await using server = await startRedis(['--cluster-enabled yes', '--cluster-announce-ip 127.0.0.1']);
    const node = new Redis(server.port);
    await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await soon(async () => expect(await node.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'));
    node.disconnect();
    const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    const bus = redisBus(cluster, { heartbeat });
    const listener = createListener();
    const stop = bus.subscribe(listener);
    await soon(() => expect(listener.connected).toHaveBeenCalledOnce());
    await soon(() => expect(cluster.status).toBe('ready'));
    await bus.publish('hello');
    await soon(() => expect(listener.message).toHaveBeenCalledWith('hello'));
    await nodeRedisTarget.killListeners(redisAt(server.port));
    await soon(() => expect(listener.connected).toHaveBeenCalledTimes(2));
    await stop();
    cluster.disconnect();
  });
});

describeIf(nodeRedisTarget.url !== null, 'over two Redis servers', nodeRedisTarget.howToEnable, () => {
  test('a bus that publishes to one and subscribes to the other never connects, and says why', async () => {
    await using other = await nodeRedisTarget.startServer();
    const [publisher, subscriber] = [new Redis(nodeRedisTarget.url ?? ''), new Redis(other.url)];
    const balanced = {
      status: 'ready',
      publish: (channel: string, message: string) => publisher.publish(channel, message),
      duplicate: (override: object) => subscriber.duplicate(override),
    };
    const listener = { ...createListener(), fault: vi.fn() };
    const stop = redisBus(balanced, { heartbeat }).subscribe(listener);
    await soon(() => expect(listener.fault).toHaveBeenCalledOnce());
    expect(String(listener.fault.mock.calls[0]?.[0])).toMatch(/do not arrive.*the same Redis/);
    expect(listener.connected).not.toHaveBeenCalled();
    await stop();
    publisher.disconnect();
    subscriber.disconnect();
  });
});

describeIf(postgresTarget.url !== null, 'over PostgreSQL', postgresTarget.howToEnable, () => {
  const url = postgresTarget.url ?? '';

  test('a message that is too long rejects, and a resync message follows', async () => {
    const pool = new pg.Pool({ connectionString: url });
    const bus = postgresBus(pool, { channel: `long-${process.pid}`, heartbeat });
    const listener = createListener();
    const stop = bus.subscribe(listener);
    await soon(() => expect(listener.connected).toHaveBeenCalledOnce());
    await bus.publish('x'.repeat(7999));
    await expect(bus.publish('ä'.repeat(4000))).rejects.toThrow('bus: PostgreSQL carries at most 7999 bytes, got 8000');
    await soon(() => expect(listener.message.mock.calls).toEqual([['x'.repeat(7999)], ['resync']]));
    await stop();
    await pool.end();
  });

  test('it listens on a connection outside the pool, with its options, or on the given one', async () => {
    const { hostname: host, port, username: user, pathname } = new URL(url);
    // A pool hides its password from enumeration.
    const pool = new pg.Pool({ host, port: Number(port), user, password: 'pw', database: pathname.slice(1), max: 1 });
    const made = vi.fn(() => new pg.Client(url));
    for (const options of [{}, { listener: made }]) {
      const bus = postgresBus(pool, { channel: 'beside', heartbeat, ...options });
      const listener = createListener();
      const stop = bus.subscribe(listener);
      await soon(() => expect(listener.connected).toHaveBeenCalledOnce());
      // A connection that the pool lends for a moment comes back; one that listens would not.
      await soon(() => expect(pool.totalCount - pool.idleCount).toBe(0));
      await bus.publish('hello');
      await soon(() => expect(listener.message).toHaveBeenCalledWith('hello'));
      await stop();
    }
    expect(made).toHaveBeenCalledOnce();
    await pool.end();
  });

  test('messages are published, and arrive, while every connection of the pool is in use', async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    const bus = postgresBus(pool, { channel: `busy-${process.pid}`, heartbeat });
    const listener = { ...createListener(), fault: vi.fn() };
    const stop = bus.subscribe(listener);
    await soon(() => expect(listener.connected).toHaveBeenCalledOnce());
    const inUse = await pool.connect();
    // For longer than it takes to notice a loss.
    for (let n = 0; n < 6; n += 1) {
      await bus.publish(String(n));
      await inUse.query('select pg_sleep(0.2)');
    }
    await soon(() => expect(listener.message).toHaveBeenCalledTimes(6));
    expect(listener.disconnected).not.toHaveBeenCalled();
    expect(listener.fault).not.toHaveBeenCalled();
    inUse.release();
    await stop();
    await pool.end();
  });

  test('the heartbeat notices a connection that has stopped listening, as behind a pooler', async () => {
    const pool = new pg.Pool({ connectionString: url });
    const clients: pg.Client[] = [];
    const make = () => {
      const client = new pg.Client(url);
      clients.push(client);
      return client;
    };
    const listener = createListener();
    const stop = postgresBus(pool, { channel: 'unlisten', heartbeat, listener: make }).subscribe(listener);
    await soon(() => expect(listener.connected).toHaveBeenCalledOnce());
    await clients[0]!.query('unlisten *');
    await soon(() => expect(listener.connected).toHaveBeenCalledTimes(2));
    expect(listener.disconnected).toHaveBeenCalledOnce();
    await stop();
    await pool.end();
  });
});
