import { createSessionManager, type Bus, type CreateLimiter, type SessionManager } from '@trpc-sessions/core';
import { redisBus } from '@trpc-sessions/core/redis';
import { createSessionsPlugin, type ThrottleOptions } from '@trpc-sessions/server';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { ioredisTarget, nodeRedisTarget } from '../support/buses.ts';
import { createTestClock, hour, second, type TestClock } from '../support/clock.ts';
import {
  mysql,
  postgres,
  sqlite,
  sqliteReusingStatements,
  sqliteWithoutTransactions,
  type TestDatabase,
} from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { heartbeat } from './bus.ts';

// Several processes of one app count attempts to sign in together: in the database, or in Redis.

/** A process of the app. */
interface Node {
  readonly manager: SessionManager;
  /** Signs in from a network that no other sign-in comes from. Returns the reason of a refusal, or 'signed in'. */
  logIn(password: string, username?: string, deviceMark?: string): Promise<string>;
  /** Signs in, and returns the mark of the device. */
  markOf(username: string): Promise<string>;
}

let networks = 0;

function createNode(manager: SessionManager, throttle: ThrottleOptions): Node {
  const { router } = createSessionsPlugin({
    manager,
    throttle,
    authenticate: ({ username, password }) => (password === 'right' ? { id: username } : null),
  });
  return {
    manager,
    async markOf(username) {
      const caller = { token: null, ip: null, userAgent: null, clientHints: null };
      const { deviceMark = '' } = await router.createCaller({ caller }).login({ username, password: 'right' });
      return deviceMark;
    },
    async logIn(password, username = 'ada', deviceMark) {
      networks += 1;
      const ip = `10.${networks >> 16}.${(networks >> 8) & 255}.${networks & 255}`;
      const caller = { token: null, ip, userAgent: null, clientHints: null };
      const attempt = router.createCaller({ caller }).login({ username, password, deviceMark });
      return attempt.then(
        () => 'signed in',
        (error: { cause: { reason: string; retryAfter?: number } }) =>
          [error.cause.reason, error.cause.retryAfter].filter(Boolean).join(' '),
      );
    },
  };
}

/** The clock of Redis cannot be set. It is made to run slower: in a test, no wait ends by itself. */
const timesSlower = 1000;

function slowed(createLimiter: CreateLimiter): CreateLimiter {
  return async (options) => {
    const limiter = await createLimiter({ ...options, duration: options.duration * timesSlower });
    const consume = limiter.consume.bind(limiter);
    limiter.consume = async (key, points, { customDuration } = {}) => {
      const slower = customDuration === undefined ? {} : { customDuration: Number(customDuration) * timesSlower };
      return consume(key, points, slower).catch((refusal: unknown) => {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const { remainingPoints, msBeforeNext, consumedPoints } = refusal;
        throw new RateLimiterRes(remainingPoints, msBeforeNext / timesSlower, consumedPoints);
      });
    };
    return limiter;
  };
}

interface World extends AsyncDisposable {
  readonly clock: TestClock;
  readonly nodes: readonly [Node, Node];
  /** Lets time pass for the store. */
  pass(milliseconds: number): void | Promise<void>;
}

function testAttempts(createWorld: () => Promise<World>): void {
  test('guesses that alternate between two processes are ten at most', async () => {
    await using world = await createWorld();
    const answers: string[] = [];
    for (let n = 0; n < 24; n += 1) answers.push(await (world.nodes[n % 2] ?? world.nodes[0]).logIn('wrong'));
    expect(answers.filter((answer) => answer === 'invalid_credentials')).toHaveLength(10);
    expect(answers[10]).toBe('too_many_attempts 1');
    await world.pass(second);
    expect(await world.nodes[1].logIn('wrong')).toBe('invalid_credentials');
    expect(await world.nodes[0].logIn('right')).toBe('too_many_attempts 2');
    await world.pass(2 * second);
    expect(await world.nodes[0].logIn('right')).toBe('signed in');
  });

  test('guesses that run at once in two processes are ten at most', async () => {
    await using world = await createWorld();
    const guesses = Array.from({ length: 40 }, (_, n) => (world.nodes[n % 2] ?? world.nodes[0]).logIn('wrong'));
    const answers = await Promise.all(guesses);
    expect(answers.filter((answer) => answer === 'invalid_credentials')).toHaveLength(10);
  });

  test('of guesses that run at once in two processes after a wait, one is made', async () => {
    await using world = await createWorld();
    for (let n = 0; n < 10; n += 1) await world.nodes[0].logIn('wrong');
    for (const wait of [1, 2, 4]) {
      await world.pass(wait * second);
      const guesses = Array.from({ length: 20 }, (_, n) => (world.nodes[n % 2] ?? world.nodes[0]).logIn('wrong'));
      const answers = await Promise.all(guesses);
      expect(answers.filter((answer) => answer === 'invalid_credentials')).toHaveLength(1);
      expect(answers.filter((answer) => answer === `too_many_attempts ${2 * wait}`)).toHaveLength(19);
    }
  });

  test('the count is dropped an hour after the last guess, and not before', async () => {
    await using world = await createWorld();
    const [one, other] = world.nodes;
    for (let n = 0; n < 9; n += 1) await one.logIn('wrong');
    await world.pass(hour / 2);
    expect(await other.logIn('wrong')).toBe('invalid_credentials');
    await world.pass(hour / 2 + second);
    expect(await one.logIn('wrong')).toBe('invalid_credentials');
    expect(await other.logIn('wrong')).toBe('too_many_attempts 2');
    await world.pass(hour);
    for (let n = 0; n < 10; n += 1) expect(await one.logIn('wrong')).toBe('invalid_credentials');
    expect(await other.logIn('wrong')).toBe('too_many_attempts 1');
  });

  test('sign-ins that succeed are not counted', async () => {
    await using world = await createWorld();
    for (let n = 0; n < 12; n += 1)
      expect(await (world.nodes[n % 2] ?? world.nodes[0]).logIn('right')).toBe('signed in');
    const together = await Promise.all(Array.from({ length: 5 }, () => world.nodes[0].logIn('right')));
    expect(new Set(together)).toEqual(new Set(['signed in']));
    for (let n = 0; n < 10; n += 1) expect(await world.nodes[1].logIn('wrong')).toBe('invalid_credentials');
  });
}

describe.each([sqlite, sqliteReusingStatements, sqliteWithoutTransactions, postgres, mysql])('on $name', (target) => {
  describeIf(target.available, 'attempts', target.howToEnable, () => {
    async function createWorld(): Promise<World & { readonly database: TestDatabase }> {
      const disposables = new AsyncDisposableStack();
      const database = disposables.use(await target.create());
      const clock = createTestClock();
      const createOne = (): Node => {
        const manager = createSessionManager({ db: database.db, table: database.table, keys: secret, clock });
        disposables.defer(() => manager.close());
        return createNode(manager, { store: 'database' });
      };
      return {
        clock,
        database,
        nodes: [createOne(), createOne()],
        pass: (milliseconds) => clock.advance(milliseconds),
        [Symbol.asyncDispose]: () => disposables.disposeAsync(),
      };
    }

    testAttempts(createWorld);

    test('of a device that has signed in before are its own in every process, until all sessions are revoked', async () => {
      await using world = await createWorld();
      const [one, other] = world.nodes;
      const marks = await Promise.all(Array.from({ length: 5 }, (_, n) => (n % 2 === 0 ? one : other).markOf('ada')));
      for (let n = 0; n < 12; n += 1) await one.logIn('wrong');
      expect(await other.logIn('right')).toBe('too_many_attempts 1');
      // Each is a device: five wrong guesses each are not ten of one.
      for (const mark of marks) {
        for (let n = 0; n < 5; n += 1) expect(await one.logIn('wrong', 'ada', mark)).toBe('invalid_credentials');
        expect(await other.logIn('right', 'ada', mark)).toBe('signed in');
      }
      await one.manager.revokeAll('ada');
      expect(await other.logIn('right', 'ada', marks[4])).toBe('too_many_attempts 1');
    });

    test('that have expired are deleted as others are made', async () => {
      await using world = await createWorld();
      const { database, clock, nodes } = world;
      const table = sql.table(`${database.table}_attempts`);
      const count = async (): Promise<number> => {
        const { rows } = await sql<{ n: unknown }>`select count(*) as n from ${table}`.execute(database.plain);
        return Number(rows[0]?.n);
      };
      for (let n = 0; n < 20; n += 1) await nodes[0].logIn('wrong', `user ${n}`);
      expect(await count()).toBe(40);
      clock.advance(hour);
      for (let n = 0; n < 20; n += 1) await nodes[0].logIn('wrong', `other ${n}`);
      expect(await count()).toBeLessThanOrEqual(40);
      const { rows } = await sql`select * from ${table}`.execute(database.plain);
      expect(JSON.stringify(rows, (_, value: unknown) => String(value))).not.toMatch(/other|user|10\.\d/);
    });
  });
});

describe.each([ioredisTarget, nodeRedisTarget])('on $name', (target) => {
  describeIf(target.url !== null, 'attempts', target.howToEnable, () => {
    async function createWorld(): Promise<World & { readonly channel: string; readonly buses: readonly Bus[] }> {
      const disposables = new AsyncDisposableStack();
      const database = disposables.use(await sqliteReusingStatements.create());
      const clock = createTestClock();
      const channel = `attempts-${process.pid}-${Math.random()}`;
      const buses: Bus[] = [];
      const client = new Redis(target.url ?? '');
      disposables.defer(() => client.disconnect());
      const createOne = async (): Promise<Node> => {
        const { bus } = disposables.use(await target.join(target.url ?? '', { channel, heartbeat }));
        buses.push(bus);
        const limiters = bus.limiters && slowed(bus.limiters);
        const manager = createSessionManager({ db: database.db, keys: secret, clock, bus: { ...bus, limiters } });
        disposables.defer(() => manager.close());
        // If Redis is the bus, it counts.
        return createNode(manager, {});
      };
      return {
        clock,
        channel,
        buses,
        nodes: [await createOne(), await createOne()],
        // The clock is that of the server: its keys come nearer to their end.
        async pass(milliseconds) {
          clock.advance(milliseconds);
          for (const key of await client.keys(`${channel}:attempts:*`)) {
            await client.pexpire(key, (await client.pttl(key)) - milliseconds * timesSlower);
          }
        },
        [Symbol.asyncDispose]: () => disposables.disposeAsync(),
      };
    }

    testAttempts(createWorld);

    test('are kept under hashes, and for an hour', async () => {
      await using world = await createWorld();
      await world.nodes[0].logIn('wrong');
      const client = new Redis(target.url ?? '');
      try {
        const keys = await client.keys(`${world.channel}:attempts:*`);
        expect(keys).toHaveLength(2);
        for (const key of keys) {
          expect(key).toMatch(/:attempts:[a-z2-7]{32}$/);
          expect(await client.pttl(key)).toBeGreaterThan(hour - 600 * second);
        }
        await client.del(keys);
      } finally {
        client.disconnect();
      }
    });
  });
});

describeIf(ioredisTarget.url !== null, 'attempts on the client of an app', ioredisTarget.howToEnable, () => {
  test('leave the limiters that the app has on it alone', async () => {
    await using database = await sqliteReusingStatements.create();
    const client = new Redis(ioredisTarget.url ?? '');
    const channel = `attempts-${process.pid}-${Math.random()}`;
    try {
      const ofApp = new RateLimiterRedis({ storeClient: client, keyPrefix: channel, points: 1, duration: 60 });
      const manager = createSessionManager({ db: database.db, keys: secret, bus: redisBus(client, { channel }) });
      const { logIn } = createNode(manager, {});
      for (let n = 0; n < 3; n += 1) expect(await logIn('wrong')).toBe('invalid_credentials');
      await ofApp.consume('a');
      // It counts the points that it refuses, and ours do not.
      await expect(ofApp.consume('a')).rejects.toMatchObject({ consumedPoints: 2 });
      await expect(ofApp.consume('a')).rejects.toMatchObject({ consumedPoints: 3 });
      await manager.close();
      await client.del(await client.keys(`${channel}:*`));
    } finally {
      client.disconnect();
    }
  });

  test('are counted in memory while it is not connected, and the event fault reports that once', async () => {
    await using database = await sqliteReusingStatements.create();
    const client = new Redis(ioredisTarget.url ?? '');
    const channel = `attempts-${process.pid}-${Math.random()}`;
    const clock = createTestClock();
    const bus = redisBus(client, { channel });
    const manager = createSessionManager({ db: database.db, keys: secret, clock, bus });
    const faults: string[] = [];
    manager.on('fault', ({ task }) => faults.push(task));
    const { logIn } = createNode(manager, {});
    expect(await logIn('wrong')).toBe('invalid_credentials');
    await client.del(await client.keys(`${channel}:*`));
    client.disconnect();
    for (let n = 0; n < 10; n += 1) expect(await logIn('wrong')).toBe('invalid_credentials');
    expect(await logIn('right')).toBe('too_many_attempts 1');
    clock.advance(second);
    expect(await logIn('right')).toBe('signed in');
    expect(faults.filter((task) => task === 'throttle')).toHaveLength(1);
    await manager.close();
  });
});
