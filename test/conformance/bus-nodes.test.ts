import {
  createSessionManager,
  isSessionError,
  memoryCache,
  type Duration,
  type SessionManager,
} from '@trpc-sessions/core';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import { busTargets } from '../support/buses.ts';
import { createTestClock, day, minute, type TestClock } from '../support/clock.ts';
import { sqliteReusingStatements, type TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { startProxy } from '../support/proxy.ts';
import { heartbeat as shortHeartbeat, soon, type BusTarget } from './bus.ts';
import { refused } from './sessions.ts';

// Several nodes on one database, connected by a real bus. The clock stands still unless a test moves it, so that a
// session is not refused because of its age in the cache.

interface WorldOptions {
  /** @defaultValue long enough that a busy machine's server takes each message in time */
  readonly heartbeat?: Duration;
}

async function createWorld({ heartbeat = '5s' }: WorldOptions = {}) {
  const disposables = new AsyncDisposableStack();
  const database = disposables.use(await sqliteReusingStatements.create());
  const clock: TestClock = createTestClock();
  const channel = `nodes-${process.pid}-${Math.random()}`;
  return {
    clock,
    database,
    /** Starts a process of the app, and waits until it uses its cache. */
    async join(target: BusTarget, url: string) {
      const { bus } = disposables.use(await target.join(url, { channel, heartbeat }));
      const cache = memoryCache({ max: 1000, maxAge: '1m' });
      const manager = createSessionManager({ db: database.db, keys: secret, clock, bus, cache, maxSessionsPerUser: 4 });
      disposables.defer(() => manager.close());
      const faults = vi.fn();
      manager.on('fault', faults);
      const node = { manager, faults, cost: (token: string) => cost(database, manager, token) };
      const { token } = await manager.issue({ userId: 'unrelated' });
      await caches(node, token);
      // On a busy machine, the bus may be ready to publish before the app's client is.
      faults.mockClear();
      return node;
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

type Node = Awaited<ReturnType<Awaited<ReturnType<typeof createWorld>>['join']>>;

/** The number of queries that verifying a token takes. */
async function cost({ queries, clearQueries }: TestDatabase, manager: SessionManager, token: string): Promise<number> {
  clearQueries();
  await manager.verify(token);
  return queries.length;
}

/** Waits until a node verifies a token from its cache. */
async function caches(node: Pick<Node, 'cost'>, token: string): Promise<void> {
  await soon(async () => expect(await node.cost(token)).toBe(0));
}

/** Waits until a node refuses a revoked session. */
async function refusedSoon({ manager }: Node, token: string): Promise<void> {
  await soon(async () => {
    const outcome = await manager.verify(token).then(
      () => 'accepted',
      (error: unknown) => (isSessionError(error) ? error.reason : error),
    );
    expect(outcome).toBe('revoked_session');
  });
}

for (const target of busTargets) {
  describeIf(target.url !== null, `nodes connected by ${target.name}`, target.howToEnable, () => {
    const url = target.url ?? '';

    test.each<[string, (manager: SessionManager, id: string, otherId: string) => Promise<unknown>]>([
      ['by its id', (manager, id) => manager.revoke({ userId: 'u1', id })],
      [
        'among many',
        (manager, id) =>
          manager.revokeMany({ userId: 'u1', ids: [...Array.from({ length: 250 }, (__, n) => String(n)), id] }),
      ],
      [
        'with all others of its user',
        (manager, _, otherId) => manager.revokeOthers({ userId: 'u1', currentId: otherId }),
      ],
      ['with all of its user', (manager) => manager.revokeAll('u1')],
      [
        'by eviction under the cap',
        async (manager) => {
          for (let n = 0; n < 3; n += 1) await manager.issue({ userId: 'u1' });
        },
      ],
    ])('a session revoked on one node is refused on all: %s', async (_, end) => {
      await using w = await createWorld();
      const [a, b, c] = [await w.join(target, url), await w.join(target, url), await w.join(target, url)];
      const { token, session } = await a.manager.issue({ userId: 'u1' });
      w.clock.advance(1000);
      const other = await a.manager.issue({ userId: 'u1' });
      const stranger = await a.manager.issue({ userId: 'u2' });
      for (const node of [a, b, c]) {
        for (const issued of [{ token }, other, stranger]) await caches(node, issued.token);
      }
      await end(a.manager, session.id, other.session.id);
      await refused(a.manager.verify(token), 'revoked_session');
      await Promise.all([refusedSoon(b, token), refusedSoon(c, token)]);
      expect(await b.cost(stranger.token)).toBe(0);
      expect(a.faults).not.toHaveBeenCalled();
    });

    test('of 1,000 revocations at once, every node receives each, and none is lost', async () => {
      // This process takes seconds for them on a busy machine, and reads no answer of a server before.
      await using w = await createWorld({ heartbeat: '2m' });
      const [a, b] = [await w.join(target, url), await w.join(target, url)];
      const users = Array.from({ length: 1000 }, (_, n) => `user-${n}`);
      const received = new Set<string>();
      b.manager.on('ended', ({ userId }) => received.add(userId));
      const missed = vi.fn();
      b.manager.on('missed', missed);
      // As many calls of `issue` would take longer than the rest of the test.
      await sql`
        insert into sessions (id, user_id, created_at, last_seen_at, expires_at, device)
          with recursive user(n) as (select 0 union all select n + 1 from user where n < 999)
          select n, 'user-' || n, 0, ${w.clock()}, ${w.clock() + day}, '{}' from user
      `.execute(w.database.db);
      // Both nodes are connected once one's revocation has reached the other. Until then a bus may report that it is not.
      await a.manager.issue({ userId: 'first' });
      await vi.waitFor(
        async () => {
          await a.manager.revokeAll('first');
          if (!received.has('first')) await a.manager.issue({ userId: 'first' });
          expect(received).toContain('first');
        },
        { timeout: 60_000 },
      );
      for (const { faults } of [a, b]) faults.mockClear();
      missed.mockClear();
      await Promise.all(users.map((userId) => a.manager.revokeAll(userId)));
      await vi.waitFor(() => expect(users.filter((userId) => !received.has(userId))).toEqual([]), { timeout: 60_000 });
      expect(missed).not.toHaveBeenCalled();
      expect([...a.faults.mock.calls, ...b.faults.mock.calls]).toEqual([]);
    });

    test('nodes ask the database while the bus is down, and cache again once it is back', async () => {
      await using server = await target.startServer();
      await using w = await createWorld();
      const [a, b] = [await w.join(target, target.urlOf(server.port)), await w.join(target, target.urlOf(server.port))];
      const [ended, kept, last] = [
        await a.manager.issue({ userId: 'u1' }),
        await a.manager.issue({ userId: 'u1' }),
        await a.manager.issue({ userId: 'u1' }),
      ];
      for (const { token } of [ended, kept, last]) await caches(b, token);

      await server.kill();
      await soon(async () => expect(await b.cost(kept.token)).toBe(1));
      expect(await a.manager.revoke({ userId: 'u1', id: ended.session.id })).toBe(true);
      await refused(b.manager.verify(ended.token), 'revoked_session');
      expect(await b.cost(kept.token)).toBe(1);
      await soon(() => expect(a.faults).toHaveBeenCalledWith({ task: 'bus', error: expect.any(Error) }));

      await server.start();
      await caches(b, kept.token);
      await refused(b.manager.verify(ended.token), 'revoked_session');
      await caches(b, last.token);
      await a.manager.revoke({ userId: 'u1', id: last.session.id });
      await refusedSoon(b, last.token);
    });

    test('a node that was silently cut off refuses a revoked session after the heartbeat', async () => {
      await using proxy = await startProxy(url);
      await using w = await createWorld({ heartbeat: shortHeartbeat });
      const [a, b] = [await w.join(target, url), await w.join(target, proxy.url)];
      const { token, session } = await a.manager.issue({ userId: 'u1' });
      await caches(b, token);
      proxy.freeze();
      await a.manager.revoke({ userId: 'u1', id: session.id });
      await refusedSoon(b, token);
    });

    test('a node that was silently cut off refuses a revoked session after `maxAge`', async () => {
      await using proxy = await startProxy(url);
      await using w = await createWorld({ heartbeat: '10m' });
      const [a, b] = [await w.join(target, url), await w.join(target, proxy.url)];
      const { token, session } = await a.manager.issue({ userId: 'u1' });
      await caches(b, token);
      proxy.freeze();
      await a.manager.revoke({ userId: 'u1', id: session.id });
      w.clock.advance(minute);
      await refused(b.manager.verify(token), 'revoked_session');
    });

    test('nodes refuse the sessions that a cut-off node revoked, once it is back', async () => {
      await using proxy = await startProxy(url);
      await using w = await createWorld();
      const [a, b] = [await w.join(target, proxy.url), await w.join(target, url)];
      const { token, session } = await a.manager.issue({ userId: 'u1' });
      await caches(b, token);
      proxy.cut();
      await a.manager.revoke({ userId: 'u1', id: session.id });
      await soon(() => expect(a.faults).toHaveBeenCalled());
      await refused(a.manager.verify(token), 'revoked_session');
      expect(await b.cost(token)).toBe(0);
      proxy.heal();
      await refusedSoon(b, token);
    });
  });
}
