import {
  createSessionManager,
  type SessionManager,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { describe, expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, day, hour } from '../support/clock.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

type Options = Partial<SessionManagerOptions<SessionsDatabase>>;

async function createWorld(target: DatabaseTarget, options: Options = {}) {
  const database = await target.create();
  const clock = createTestClock();
  const { own: db, table } = database;
  const create = (more: Options = {}) =>
    createSessionManager({ ...options, ...more, db, table, keys: secret, databaseTimeout, clock });
  const manager = create();
  return {
    database,
    clock,
    manager,
    create,
    async [Symbol.asyncDispose]() {
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

interface Refusal {
  readonly reason: string;
  readonly ended: unknown;
}

async function refusalOf(manager: SessionManager, token: string): Promise<Refusal> {
  try {
    await manager.verify(token);
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('the token was accepted');
}

type End = (manager: SessionManager, id: string, currentId: string) => Promise<unknown>;
const userId = 'ada';

/** The causes that each call records. */
const ends: [string, End, object][] = [
  ['revoke', (m, id) => m.revoke({ userId, id }), { cause: 'revoked', by: 'system' }],
  ['revoke by itself', (m, id) => m.revoke({ userId, id }, { bySession: id }), { cause: 'revoked', by: 'self' }],
  [
    'revoke by another session',
    (m, id, bySession) => m.revoke({ userId, id }, { bySession }),
    { cause: 'revoked', by: 'another_device' },
  ],
  ['revokeMany', (m, id) => m.revokeMany({ userId, ids: [id] }), { cause: 'revoked', by: 'system' }],
  [
    'revokeOthers',
    (m, _, currentId) => m.revokeOthers({ userId, currentId }),
    { cause: 'others', by: 'another_device' },
  ],
  ['revokeAll', (m) => m.revokeAll(userId), { cause: 'all', by: 'system' }],
];

/** How a session ended: recorded with its deletion, and said to its own token only. */
export function testHistory(target: DatabaseTarget): void {
  describeIf(target.available, `the history of sessions on ${target.name}`, target.howToEnable, () => {
    describe('a refusal of an ended session says when it ended, why and by whom', () => {
      test.each(ends)('after %s', async (_, end, expected) => {
        await using w = await createWorld(target);
        const { manager, clock } = w;
        const ended = await manager.issue({ userId });
        const current = await manager.issue({ userId });
        clock.advance(hour);
        const at = new Date(clock());
        await end(manager, ended.session.id, current.session.id);
        clock.advance(hour);
        expect(await refusalOf(manager, ended.token)).toMatchObject({ reason: 'revoked_session' });
        expect((await refusalOf(manager, ended.token)).ended).toEqual({ ...expected, at });
      });

      test('after it was evicted or replaced', async () => {
        await using w = await createWorld(target, { maxSessionsPerUser: 1 });
        const { manager } = w;
        const first = await manager.issue({ userId });
        const second = await manager.issue({ userId });
        expect((await refusalOf(manager, first.token)).ended).toMatchObject({ cause: 'evicted', by: 'system' });
        await manager.issue({ userId }, { replaces: { token: second.token } });
        expect((await refusalOf(manager, second.token)).ended).toMatchObject({ cause: 'replaced', by: 'self' });
      });

      test('after another user signed in over its cookie, and names no session of that user', async () => {
        await using w = await createWorld(target);
        const { manager } = w;
        const { token, session } = await manager.issue({ userId });
        await manager.issue({ userId: 'other' }, { replaces: { token, ofAnyUser: true } });
        expect((await refusalOf(manager, token)).ended).toMatchObject({ cause: 'replaced', by: 'self' });
        expect(await manager.listEnded({ userId, ids: [session.id] })).toMatchObject([{ bySession: null }]);
      });

      test('after it went idle and was purged', async () => {
        await using w = await createWorld(target, { idleTimeout: '1d' });
        const { manager, clock } = w;
        const { token } = await manager.issue({ userId });
        clock.advance(2 * day);
        expect(await manager.purgeExpired()).toBe(1);
        expect((await refusalOf(manager, token)).ended).toMatchObject({ cause: 'idle', by: 'system' });
      });
    });

    test('many refusals at once read it in one query, and a live session in none', async () => {
      await using w = await createWorld(target);
      const { manager, database } = w;
      const issued = await Promise.all(['a', 'b', 'c'].map((id) => manager.issue({ userId: id })));
      for (const { session } of issued) await manager.revoke({ userId: session.userId, id: session.id });
      const live = await manager.issue({ userId });
      const countQueries = (): number => database.queries.filter((text) => text.includes('_history')).length;

      database.clearQueries();
      await manager.verify(live.token);
      expect(countQueries()).toBe(0);
      const refusals = await Promise.all(
        issued.flatMap(({ token }) => [token, token]).map((t) => refusalOf(manager, t)),
      );
      expect(refusals.every(({ ended }) => ended !== undefined)).toBe(true);
      // Within the process, each look-up is answered at once.
      const isDirect = target.dialect === 'sqlite' && database.own !== database.db;
      expect(countQueries()).toBe(isDirect ? refusals.length : 1);
    });

    test('it is kept until the token expires, for 30 days at most, and then purged', async () => {
      await using w = await createWorld(target);
      const { manager, clock, database } = w;
      const countRecords = async (): Promise<number> => {
        const rows = await database.plain
          .selectFrom('sessions_history' as 'sessions')
          .select('id')
          .execute();
        return rows.length;
      };
      const short = await manager.issue({ userId, lifetime: '2d' });
      const long = await manager.issue({ userId, lifetime: '90d' });
      await manager.revokeAll(userId);
      expect(await countRecords()).toBe(2);
      clock.advance(day);
      expect(await manager.purgeExpired()).toBe(0);
      expect(await countRecords()).toBe(2);
      clock.advance(2 * day);
      await manager.purgeExpired();
      expect(await countRecords()).toBe(1);
      expect(await refusalOf(manager, short.token)).toMatchObject({ reason: 'expired_token' });
      expect((await refusalOf(manager, long.token)).ended).toMatchObject({ cause: 'all' });
      clock.advance(28 * day);
      expect((await refusalOf(manager, long.token)).ended).toBeUndefined();
      await manager.purgeExpired();
      expect(await countRecords()).toBe(0);
    });

    test('forgetUser deletes the records of one user, and no session', async () => {
      await using w = await createWorld(target);
      const { manager } = w;
      const ended = await Promise.all([userId, 'bob'].map((id) => manager.issue({ userId: id })));
      for (const { session } of ended) await manager.revoke({ userId: session.userId, id: session.id });
      const live = await manager.issue({ userId });
      expect(await manager.forgetUser(userId)).toBe(1);
      expect((await refusalOf(manager, ended[0]!.token)).ended).toBeUndefined();
      expect((await refusalOf(manager, ended[1]!.token)).ended).toBeDefined();
      expect((await manager.verify(live.token)).session.id).toBe(live.session.id);
    });

    test('a user has about a thousand records at most: the oldest are deleted', async () => {
      await using w = await createWorld(target);
      const { manager, database, clock } = w;
      const records = database.plain.withTables<{ sessions_history: Record<string, unknown> }>();
      const time = new Date(clock()).toISOString().slice(0, 19).replace('T', ' ');
      const recordOf = (id: number) => ({
        id: `record${id}`,
        user_id: id === 0 ? 'bob' : userId,
        created_at: time,
        last_seen_at: time,
        device: '{}',
        ended_at: new Date(clock() - id * hour).toISOString().slice(0, 19).replace('T', ' '),
        kept_until: time,
        cause: 'revoked',
      });
      for (let first = 0; first < 1100; first += 5) {
        await records
          .insertInto('sessions_history')
          .values(Array.from({ length: 5 }, (_, index) => recordOf(first + index)))
          .execute();
      }
      for (let call = 0; call < 64; call += 1) await manager.revoke({ userId, id: 'a'.repeat(32) });
      const ids = (await records.selectFrom('sessions_history').select('id').execute()).map(({ id }) => id);
      expect(ids).toHaveLength(1001);
      expect(ids).toContain('record0');
      expect(ids).toContain('record1000');
    });

    test('without the option nothing is recorded', async () => {
      await using w = await createWorld(target, { history: false, maxSessionsPerUser: 1 });
      const { manager, create } = w;
      const evicted = await manager.issue({ userId });
      const { token } = await manager.issue({ userId });
      await manager.revokeAll(userId);
      const recording = create({ history: true });
      for (const each of [evicted.token, token]) {
        expect(await refusalOf(recording, each)).toMatchObject({ reason: 'revoked_session', ended: undefined });
      }
      await recording.close();
    });

    test('a record that cannot be read leaves the refusal as it is', async () => {
      await using w = await createWorld(target);
      const { manager, database } = w;
      const { token, session } = await manager.issue({ userId });
      await manager.revoke({ userId, id: session.id });
      const fault = vi.fn();
      manager.on('fault', fault);
      await database.plain.schema.alterTable('sessions_history').renameTo('sessions_history_gone').execute();
      try {
        expect(await refusalOf(manager, token)).toMatchObject({ reason: 'revoked_session', ended: undefined });
        expect(fault).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ task: 'history' }));
      } finally {
        await database.plain.schema.alterTable('sessions_history_gone').renameTo('sessions_history').execute();
      }
    });
  });
}
