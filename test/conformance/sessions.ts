import {
  createMigrations,
  createSessionManager,
  isSessionError,
  migrateToLatest,
  type SessionErrorReason,
  type SessionManager,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { describe, expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, day, hour, minute, second, type TestClock } from '../support/clock.ts';
import type { DatabaseTarget, TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

interface World extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly clock: TestClock;
  readonly manager: SessionManager;
}

/** The options that turn a cache on. */
export type CacheOf = (database: TestDatabase) => Pick<SessionManagerOptions<SessionsDatabase>, 'cache' | 'bus'>;

/** The sessions of the contract, which every database must keep, seen from outside. */
export function testSessions(target: DatabaseTarget, cacheOf?: CacheOf): void {
  async function world(options: Partial<SessionManagerOptions<SessionsDatabase>> = {}): Promise<World> {
    const database = await target.create();
    const clock = createTestClock();
    const manager = createSessionManager({
      db: database.own,
      table: database.table,
      keys: secret,
      clock,
      databaseTimeout,
      ...cacheOf?.(database),
      ...options,
    });
    return {
      database,
      clock,
      manager,
      async [Symbol.asyncDispose]() {
        await manager.close();
        await database[Symbol.asyncDispose]();
      },
    };
  }

  describeIf(
    target.available,
    `sessions on ${target.name}${cacheOf === undefined ? '' : ', cached'}`,
    target.howToEnable,
    () => {
      test('an issued token is accepted, with its session and claims', async () => {
        await using w = await world({ issuer: 'my-app', audience: 'my-api' });
        const caller = { ip: '203.0.113.7', userAgent: 'curl/8.5.0' };
        const { token, session } = await w.manager.issue({ userId: 'u1', claims: { username: 'ada' }, caller });

        const verified = await w.manager.verify(token);

        expect(verified.session).toEqual(session);
        expect(session).toMatchObject({
          userId: 'u1',
          createdAt: new Date(w.clock()),
          lastSeenAt: new Date(w.clock()),
          ip: '203.0.113.7',
          createdIp: '203.0.113.7',
          userAgent: 'curl/8.5.0',
        });
        expect(session.id).toMatch(/^[a-z2-7]{32}$/);
        expect(verified.claims).toMatchObject({ sub: 'u1', username: 'ada', iss: 'my-app', aud: 'my-api' });
        expect(verified.claims.exp * 1000).toBe(session.expiresAt.getTime());
      });

      test('verifying a good token takes one query, by primary key', async () => {
        await using w = await world();
        const { token } = await w.manager.issue({ userId: 'u1' });
        w.database.clearQueries();

        await w.manager.verify(token);
        await w.manager.close();

        expect(w.database.queries).toHaveLength(1);
        expect(w.database.queries[0]).toMatch(/where .id. = \S+ \/\* one row \*\/ \/\* trpc-sessions \*\/$/);
      });

      test('each of the requests that arrive together gets the answer to its own token', async () => {
        await using w = await world();
        const issued = await Promise.all(Array.from({ length: 70 }, (_, n) => w.manager.issue({ userId: `u${n}` })));
        await w.manager.revokeAll('u7');
        const answers = await Promise.allSettled(issued.map(({ token }) => w.manager.verify(token)));
        for (const [n, answer] of answers.entries()) {
          expect(answer).toMatchObject(
            n === 7 ? { reason: { reason: 'revoked_session' } } : { value: { session: { userId: `u${n}` } } },
          );
        }
      });

      test('the secret lookup id is stored nowhere, and a log of the claims does not show it', async () => {
        await using w = await world();
        const { token, session } = await w.manager.issue({ userId: 'u1' });
        const { claims } = await w.manager.verify(token);

        expect(claims.lookup_id).toMatch(/^[a-z2-7]{32}$/);
        expect(claims.lookup_id).not.toBe(session.id);
        const rows = await w.database.plain.selectFrom('sessions').selectAll().execute();
        expect(rows).toHaveLength(1);
        expect(JSON.stringify(rows)).not.toContain(claims.lookup_id);
        expect(JSON.stringify(claims) + JSON.stringify({ ...claims }) + JSON.stringify(session)).not.toContain(
          claims.lookup_id,
        );
      });

      test('a session that was accepted and then revoked is refused at once', async () => {
        await using w = await world();
        const { token, session } = await w.manager.issue({ userId: 'u1' });
        await w.manager.verify(token);

        expect(await w.manager.revoke({ userId: 'u1', id: session.id })).toBe(true);

        await refused(w.manager.verify(token), 'revoked_session');
        expect(await w.manager.revoke({ userId: 'u1', id: session.id })).toBe(false);
      });

      test("a user can neither see nor revoke another user's session", async () => {
        await using w = await world();
        const ada = await w.manager.issue({ userId: 'ada' });
        const bob = await w.manager.issue({ userId: 'bob' });

        expect(await w.manager.get({ userId: 'bob', id: ada.session.id })).toBeNull();
        expect(await w.manager.revoke({ userId: 'bob', id: ada.session.id })).toBe(false);
        expect(await w.manager.revokeMany({ userId: 'bob', ids: [ada.session.id] })).toBe(0);
        expect(await w.manager.revokeOthers({ userId: 'bob', currentId: bob.session.id })).toBe(0);
        await refused(w.manager.revokeOthers({ userId: 'bob', currentId: ada.session.id }), 'revoked_session');
        expect(await w.manager.revokeAll('bob')).toBe(1);
        expect((await w.manager.list('ada')).map(({ id }) => id)).toEqual([ada.session.id]);
        await w.manager.verify(ada.token);
      });

      test('user ids are compared byte by byte', async () => {
        await using w = await world();
        const ids = ['ada', 'Ada', 'adá', 'ada ', ' ada', 'ада'];
        for (const userId of ids) await w.manager.issue({ userId });

        for (const userId of ids) {
          expect((await w.manager.list(userId)).map((session) => session.userId)).toEqual([userId]);
        }
        expect(await w.manager.revokeAll('ADA')).toBe(0);
      });

      test('a list holds the live sessions, the most recently seen first', async () => {
        await using w = await world({ lifetime: '2d' });
        const first = await w.manager.issue({ userId: 'u1' });
        w.clock.advance(hour);
        const later = await w.manager.issue({ userId: 'u1' });
        w.clock.advance(hour);
        await w.manager.verify(first.token);

        expect((await w.manager.list('u1')).map(({ id }) => id)).toEqual([first.session.id, later.session.id]);

        w.clock.advance(2 * day - 2 * hour);
        expect((await w.manager.list('u1')).map(({ id }) => id)).toEqual([later.session.id]);
        expect(await w.manager.get({ userId: 'u1', id: first.session.id })).toBeNull();
      });

      test('revoking the others keeps the current session', async () => {
        await using w = await world();
        const tokens = await Promise.all(Array.from({ length: 4 }, () => w.manager.issue({ userId: 'u1' })));
        const [current, ...others] = tokens;
        for (const { token } of tokens) await w.manager.verify(token);

        expect(await w.manager.revokeOthers({ userId: 'u1', currentId: current!.session.id })).toBe(3);

        await w.manager.verify(current!.token);
        for (const { token } of others) await refused(w.manager.verify(token), 'revoked_session');
      });

      test('of two sessions that revoke each other at the same time, one stays', async () => {
        await using w = await world();
        for (let round = 0; round < 10; round += 1) {
          const userId = `u${round}`;
          const pair = [await w.manager.issue({ userId }), await w.manager.issue({ userId })];

          const results = await Promise.allSettled(
            pair.map(({ session }) => w.manager.revokeOthers({ userId, currentId: session.id })),
          );

          expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
          expect(await w.manager.list(userId)).toHaveLength(1);
        }
      });

      test('revoking all sessions of a user signs the user out everywhere', async () => {
        await using w = await world();
        const issued = [await w.manager.issue({ userId: 'u1' }), await w.manager.issue({ userId: 'u1' })];
        for (const { token } of issued) await w.manager.verify(token);
        expect(await w.manager.revokeAll('u1')).toBe(2);
        for (const { token } of issued) await refused(w.manager.verify(token), 'revoked_session');
        expect(await w.manager.revokeAll('u1')).toBe(0);
      });

      test('a session lasts as long as its lifetime, to the second', async () => {
        await using w = await world({ lifetime: '1h' });
        const { token } = await w.manager.issue({ userId: 'u1' });
        w.clock.advance(hour - second);
        await w.manager.verify(token);
        w.clock.advance(second);
        w.database.clearQueries();
        await refused(w.manager.verify(token), 'expired_token');
        expect(w.database.queries).toEqual([]);
      });

      test('a session whose row expires before its token is refused from then on', async () => {
        await using w = await world();
        const { token } = await w.manager.issue({ userId: 'u1' });
        await w.manager.verify(token);
        await w.database.plain
          .updateTable('sessions')
          .set((column) => ({ expires_at: column.ref('created_at') }))
          .execute();
        w.clock.advance(day);
        await refused(w.manager.verify(token), 'expired_token');
      });

      test('a token and its row stay good for the clock tolerance after they expire', async () => {
        await using w = await world({ lifetime: '1h', clockTolerance: '30s' });
        const { token } = await w.manager.issue({ userId: 'u1' });
        w.clock.advance(hour + 20 * second);
        await w.manager.verify(token);
        expect(await w.manager.list('u1')).toHaveLength(1);
        w.clock.advance(20 * second);
        await refused(w.manager.verify(token), 'expired_token');
        expect(await w.manager.list('u1')).toHaveLength(0);
      });

      test('a session expires when it is unused for longer than the idle timeout, and not while it is used', async () => {
        await using w = await world({ idleTimeout: '1h' });
        const used = await w.manager.issue({ userId: 'u1' });
        const unused = await w.manager.issue({ userId: 'u1' });
        await w.manager.verify(unused.token);
        for (let minutes = 0; minutes < 70; minutes += 10) {
          w.clock.advance(10 * minute);
          await w.manager.verify(used.token);
          await w.manager.list('u1');
        }
        await refused(w.manager.verify(unused.token), 'idle_session');
        expect((await w.manager.list('u1')).map(({ id }) => id)).toEqual([used.session.id]);
      });

      describe('the last-seen write', () => {
        test('comes at most once an interval, with the IP address, and never within the request', async () => {
          await using w = await world({ touchInterval: '1m' });
          const { token, session } = await w.manager.issue({ userId: 'u1', caller: { ip: '198.51.100.1' } });
          w.clock.advance(minute);
          w.database.clearQueries();

          await Promise.all(Array.from({ length: 20 }, () => w.manager.verify(token, { ip: '2001:db8::1' })));
          const asked = w.database.queries.length;
          await w.manager.close();
          expect(w.database.queries).toHaveLength(asked + 1);

          w.clock.advance(minute - 1);
          w.database.clearQueries();
          await w.manager.verify(token, { ip: '198.51.100.3' });
          await w.manager.close();
          expect(w.database.queries.filter((query) => query.startsWith('update'))).toEqual([]);
          expect(await w.manager.get({ userId: 'u1', id: session.id })).toMatchObject({
            lastSeenAt: new Date(w.clock() - minute + 1),
            ip: '2001:db8::1',
            createdIp: '198.51.100.1',
          });
        });

        test('covers many sessions at once', async () => {
          await using w = await world();
          const issued = await Promise.all(
            Array.from({ length: 30 }, (_, user) => w.manager.issue({ userId: `u${user}` })),
          );
          w.clock.advance(hour);
          const ipOf = (index: number): string | null => (index % 10 === 0 ? '203.0.113.9' : null);
          await Promise.all(issued.map(({ token }, index) => w.manager.verify(token, { ip: ipOf(index) })));
          for (const [index, { session }] of issued.entries()) {
            const seen = await w.manager.get({ userId: session.userId, id: session.id });
            expect(seen).toMatchObject({ lastSeenAt: new Date(w.clock()), ip: ipOf(index) });
          }
        });

        test('keeps the IP address when the request has none', async () => {
          await using w = await world();
          const { token, session } = await w.manager.issue({ userId: 'u1', caller: { ip: '198.51.100.1' } });
          w.clock.advance(hour);
          await w.manager.verify(token);
          expect(await w.manager.get({ userId: 'u1', id: session.id })).toMatchObject({
            ip: '198.51.100.1',
            lastSeenAt: new Date(w.clock()),
          });
        });

        test('never restores a session that was revoked before it', async () => {
          await using w = await world();
          const { token, session } = await w.manager.issue({ userId: 'u1' });
          w.clock.advance(hour);
          await w.manager.verify(token);
          await w.manager.revoke({ userId: 'u1', id: session.id });
          await w.manager.close();
          await refused(w.manager.verify(token), 'revoked_session');
          expect(await w.manager.list('u1')).toEqual([]);
        });
      });

      describe('a cap on the sessions of a user', () => {
        test('evicts the least recently seen sessions, never the new one', async () => {
          await using w = await world({ maxSessionsPerUser: 2 });
          const evicted = vi.fn();
          w.manager.on('revoked', evicted);
          const a = await w.manager.issue({ userId: 'u1' });
          w.clock.advance(minute);
          const b = await w.manager.issue({ userId: 'u1' });
          await w.manager.verify(b.token);
          w.clock.advance(minute);
          await w.manager.verify(a.token);
          await w.manager.close();

          const c = await w.manager.issue({ userId: 'u1' });

          await w.manager.verify(a.token);
          await w.manager.verify(c.token);
          await refused(w.manager.verify(b.token), 'revoked_session');
          expect(evicted).toHaveBeenCalledExactlyOnceWith({
            userId: 'u1',
            ids: [b.session.id],
            count: 1,
            cause: 'evicted',
          });
        });

        test('holds during many simultaneous sign-ins, and counts each user alone', async () => {
          await using w = await world({ maxSessionsPerUser: 5 });
          const other = await w.manager.issue({ userId: 'u2' });
          const issued = await Promise.all(Array.from({ length: 60 }, () => w.manager.issue({ userId: 'u1' })));

          expect(await w.manager.list('u1')).toHaveLength(5);
          const outcomes = await Promise.allSettled(issued.map(({ token }) => w.manager.verify(token)));
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
          await w.manager.verify(other.token);
        });

        test.each([
          ['is 100 by default', {}, 100],
          ['is lifted by Infinity', { maxSessionsPerUser: Infinity }, 102],
        ])('%s', async (_title, options, count) => {
          await using w = await world(options);
          await w.manager.issue({ userId: 'u1' });
          const { plain } = w.database;
          const row = await plain.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
          // D1 takes 100 parameters a statement.
          for (let first = 0; first < 99; first += 3) {
            const copies = Array.from({ length: 3 }, (_, n) => ({ ...row, id: `copy${first + n}` }));
            await plain.insertInto('sessions').values(copies).execute();
          }
          expect(await w.manager.list('u1')).toHaveLength(100);
          for (let n = 0; n < 2; n += 1) {
            w.clock.advance(second);
            await w.manager.issue({ userId: 'u1' });
          }
          expect(await w.manager.list('u1')).toHaveLength(count);
        });

        test('may depend on the user, and does not count expired sessions', async () => {
          await using w = await world({
            lifetime: '1h',
            maxSessionsPerUser: async (userId) => (userId === 'vip' ? 3 : 1),
          });
          for (let n = 0; n < 5; n += 1) {
            await w.manager.issue({ userId: 'vip' });
            await w.manager.issue({ userId: 'u1' });
          }
          expect(await w.manager.list('vip')).toHaveLength(3);
          expect(await w.manager.list('u1')).toHaveLength(1);
          w.clock.advance(2 * hour);
          const revoked = vi.fn();
          w.manager.on('revoked', revoked);
          await w.manager.issue({ userId: 'u1' });
          expect(revoked).not.toHaveBeenCalled();
        });
      });

      describe('purging', () => {
        test('deletes expired and idle sessions in chunks, and no others', async () => {
          await using w = await world({ lifetime: '2d', idleTimeout: '1d' });
          for (let n = 0; n < 25; n += 1) await w.manager.issue({ userId: `old${n}` });
          w.clock.advance(day + hour);
          const live = await w.manager.issue({ userId: 'new' });
          const purged = vi.fn();
          w.manager.on('purged', purged);

          expect(await w.manager.purgeExpired({ chunkSize: 10 })).toBe(25);
          expect(await w.manager.purgeExpired()).toBe(0);

          expect(purged).toHaveBeenCalledExactlyOnceWith({ count: 25 });
          await w.manager.verify(live.token);
        });

        test('does not disturb requests that run meanwhile', async () => {
          await using w = await world({ lifetime: '1h', maxSessionsPerUser: Infinity });
          await Promise.all(Array.from({ length: 100 }, () => w.manager.issue({ userId: 'old' })));
          w.clock.advance(2 * hour);
          const live = await w.manager.issue({ userId: 'new' });
          const [purged] = await Promise.all([
            w.manager.purgeExpired({ chunkSize: 20 }),
            ...Array.from({ length: 20 }, () => w.manager.verify(live.token)),
          ]);
          expect(purged).toBe(100);
        });
      });

      test('more sessions at once than a statement may have parameters are seen, revoked and purged', async () => {
        await using w = await world({ maxSessionsPerUser: Infinity, lifetime: '2d' });
        const issued = await Promise.all(Array.from({ length: 220 }, () => w.manager.issue({ userId: 'u1' })));
        w.clock.advance(hour);
        await Promise.all(issued.map(({ token }) => w.manager.verify(token)));
        await w.manager.flush();
        const sessions = await w.manager.list('u1');
        expect(sessions.filter(({ lastSeenAt }) => lastSeenAt.getTime() === w.clock())).toHaveLength(220);
        const ids = sessions.map(({ id }) => id).slice(0, 110);
        expect(await w.manager.revokeMany({ userId: 'u1', ids })).toBe(110);
        w.clock.advance(2 * day);
        expect(await w.manager.purgeExpired()).toBe(110);
      });

      test('hostile texts are stored unchanged', async () => {
        await using w = await world();
        const userId = `'; drop table sessions; --`;
        const userAgent = `"><script>\u{1F600}\\'\u0000`.replace('\u0000', '') + 'x'.repeat(5000);
        const { token, session } = await w.manager.issue({ userId, caller: { userAgent } });
        expect((await w.manager.verify(token)).session.userId).toBe(userId);
        expect(session.userAgent).toHaveLength(512);
        expect(await w.manager.revokeMany({ userId, ids: [`' or '1'='1`, ''] })).toBe(0);
        expect(await w.manager.list(userId)).toHaveLength(1);
      });

      test('each event reports its session, and holds no token', async () => {
        await using w = await world();
        const events: [string, unknown][] = [];
        for (const name of ['created', 'revoked', 'rejected'] as const) {
          w.manager.on(name, (event) => events.push([name, event]));
        }
        const { token, session } = await w.manager.issue({ userId: 'u1' });
        await w.manager.revoke({ userId: 'u1', id: session.id });
        await w.manager.verify(token, { token, ip: '198.51.100.1' }).catch(() => {});

        expect(events).toEqual([
          ['created', { session }],
          ['revoked', { userId: 'u1', ids: [session.id], count: 1, cause: 'revoked' }],
          [
            'rejected',
            { reason: 'revoked_session', caller: { ip: '198.51.100.1', userAgent: null, clientHints: null } },
          ],
        ]);
        expect(JSON.stringify(events)).not.toContain(token.split('.')[1]);
      });

      test('revoking the others during sign-ins never revokes the current session', async () => {
        await using w = await world();
        const current = await w.manager.issue({ userId: 'u1' });
        await Promise.all([
          ...Array.from({ length: 20 }, () => w.manager.issue({ userId: 'u1' })),
          ...Array.from({ length: 20 }, () => w.manager.revokeOthers({ userId: 'u1', currentId: current.session.id })),
        ]);
        await w.manager.verify(current.token);
      });

      test('two migrators that start at the same time both succeed, and one of them does the work', async () => {
        await using w = await world();
        const options = { table: w.database.table.replace('sessions', 'other_sessions') };
        const migrate = () => migrateToLatest(w.database.own, options);
        const applied = (await Promise.all([migrate(), migrate()])).flat().map(({ migrationName }) => migrationName);
        expect(applied.toSorted()).toEqual(Object.keys(createMigrations()));
      });

      test('migrating again changes nothing', async () => {
        await using w = await world();
        const { token } = await w.manager.issue({ userId: 'u1' });
        expect(await migrateToLatest(w.database.own, { table: w.database.table })).toEqual([]);
        await w.manager.verify(token);
      });
    },
  );
}

/** Expects a refusal for one reason. */
export async function refused(work: Promise<unknown>, reason: SessionErrorReason): Promise<void> {
  const error = await work.then(
    () => 'accepted',
    (thrown: unknown) => thrown,
  );
  expect(isSessionError(error) ? error.reason : error).toBe(reason);
}
