import { createSessionManager, type Bus, type SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, type ThrottleOptions } from '@trpc-sessions/server';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
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

interface World extends AsyncDisposable {
  readonly clock: TestClock;
  readonly nodes: readonly [Node, Node];
}

function testAttempts(createWorld: () => Promise<World>): void {
  test('guesses that alternate between two processes are ten at most', async () => {
    await using world = await createWorld();
    const answers: string[] = [];
    for (let n = 0; n < 24; n += 1) answers.push(await (world.nodes[n % 2] ?? world.nodes[0]).logIn('wrong'));
    expect(answers.filter((answer) => answer === 'invalid_credentials')).toHaveLength(10);
    expect(answers[10]).toBe('too_many_attempts 1');
    world.clock.advance(second);
    expect(await world.nodes[1].logIn('wrong')).toBe('invalid_credentials');
    expect(await world.nodes[0].logIn('right')).toBe('too_many_attempts 2');
    world.clock.advance(2 * second);
    expect(await world.nodes[0].logIn('right')).toBe('signed in');
  });

  test('guesses that run at once in two processes are ten at most', async () => {
    await using world = await createWorld();
    const guesses = Array.from({ length: 40 }, (_, n) => (world.nodes[n % 2] ?? world.nodes[0]).logIn('wrong'));
    const answers = await Promise.all(guesses);
    expect(answers.filter((answer) => answer === 'invalid_credentials')).toHaveLength(10);
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
      const createOne = async (): Promise<Node> => {
        const { bus } = disposables.use(await target.join(target.url ?? '', { channel, heartbeat }));
        buses.push(bus);
        const manager = createSessionManager({ db: database.db, keys: secret, clock, bus });
        disposables.defer(() => manager.close());
        // Redis counts where it is the bus.
        return createNode(manager, {});
      };
      return {
        clock,
        channel,
        buses,
        nodes: [await createOne(), await createOne()],
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
