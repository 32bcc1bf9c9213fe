import { createSessionManager, type SessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import { sql, type Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, second } from '../support/clock.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

interface AppDatabase extends SessionsDatabase {
  passwords: { id: string; password: string };
}

const invalid = { reason: 'invalid_credentials' };

/** Two processes, whose clocks differ by two seconds, and an app with a table of passwords. */
async function createWorld(target: DatabaseTarget) {
  const database = await target.create();
  const clock = createTestClock();
  const create = (now: () => number) =>
    createSessionManager({ db: database.own, table: database.table, keys: secret, databaseTimeout, clock: now });
  const nodes = [create(clock), create(() => clock() + 2 * second)] as const;
  return {
    database,
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

type Revoke = (node: SessionManager, currentId: string) => Promise<unknown>;

const revocations: [string, Revoke][] = [
  ['revokeAll', (node) => node.revokeAll('ada')],
  ['revokeOthers', (node, currentId) => node.revokeOthers({ userId: 'ada', currentId })],
  ['changeCredentials', (node) => node.changeCredentials({ userId: 'ada' }, async () => {})],
  [
    'changeCredentials, which keeps one',
    (node, keep) => node.changeCredentials({ userId: 'ada', keep }, async () => {}),
  ],
];

/** Without transactions, there is no `changeCredentials`. */
function revocationsOn({ withoutTransactions }: DatabaseTarget) {
  return revocations.filter(([name]) => !(withoutTransactions === true && name.startsWith('changeCredentials')));
}

/** A sign-in that began before the user's sessions were revoked does not count. */
export function testOldCredentials(target: DatabaseTarget): void {
  describeIf(target.available, `signing in with old credentials on ${target.name}`, target.howToEnable, () => {
    describe.each(revocationsOn(target))('%s', (_, revoke) => {
      test('refuses a sign-in that has begun before it, by any process, and writes no session', async () => {
        await using w = await createWorld(target);
        for (const [a, b] of [w.nodes, w.nodes.toReversed()]) {
          const { session } = await a.issue({ userId: 'ada' });
          const since = await b.signInMark();
          await revoke(a, session.id);
          const before = await a.list('ada');
          await expect(b.issue({ userId: 'ada' }, { since })).rejects.toMatchObject(invalid);
          expect(await a.list('ada')).toEqual(before);
        }
      });

      test('accepts a sign-in that begins after it, such as that of a reset', async () => {
        await using w = await createWorld(target);
        for (const [a, b] of [w.nodes, w.nodes.toReversed()]) {
          const { session } = await a.issue({ userId: 'ada' });
          await revoke(a, session.id);
          const { token } = await b.issue({ userId: 'ada' }, { since: await b.signInMark() });
          await a.verify(token);
        }
      });

      test('does not concern the sign-in of another user', async () => {
        await using w = await createWorld(target);
        const [a, b] = w.nodes;
        const { session } = await a.issue({ userId: 'ada' });
        const since = await b.signInMark();
        await revoke(a, session.id);
        await b.verify((await b.issue({ userId: 'bob' }, { since })).token);
      });
    });

    test('to revoke one session, or to evict one, refuses no sign-in', async () => {
      await using w = await createWorld(target);
      const [a] = w.nodes;
      const { session } = await a.issue({ userId: 'ada' });
      const since = await a.signInMark();
      await a.revoke({ userId: 'ada', id: session.id });
      await a.verify((await a.issue({ userId: 'ada' }, { since })).token);
    });

    test.each(['', 'x', '1:2:3', '2:1:', '9'.repeat(40), '-1', '1.', "1'", '1:5:7', '1:1:1'])(
      'a mark that is none of the database’s is refused: %j',
      async (since) => {
        await using w = await createWorld(target);
        const [a] = w.nodes;
        // Where the shape is right, the mark is of a time before any revocation.
        await a.revokeAll('ada');
        await expect(a.issue({ userId: 'ada' }, { since })).rejects.toMatchObject(invalid);
        expect(await a.list('ada')).toEqual([]);
      },
    );

    test('of logins with the old password, none survives the change of it', async () => {
      await using w = await createWorld(target);
      const passwords = new Map([['ada', 'old 0']]);
      const routers = w.nodes.map((manager) =>
        createSessionsPlugin({
          manager,
          throttle: false,
          authenticate: async ({ username, password }) => {
            const isRight = passwords.get(username) === password;
            // The hash takes its time.
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
            return isRight ? { id: username, claims: { password } } : null;
          },
        }).router.createCaller({ caller: { token: null, ip: null, userAgent: null, clientHints: null } }),
      );
      const [a, b] = w.nodes;
      for (let round = 0; round < 10; round += 1) {
        const next = `old ${round + 1}`;
        const logins = Array.from({ length: 6 }, (_, n) =>
          routers[n % 2]!.login({ username: 'ada', password: `old ${round}` }),
        );
        const change = async (): Promise<void> => {
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
          passwords.set('ada', next);
          await (round % 2 === 0 ? a : b).revokeAll('ada');
        };
        const [, ...results] = await Promise.allSettled([change(), ...logins]);
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason.cause).toMatchObject(invalid);
          else await expect(a.verify(result.value.token)).rejects.toMatchObject({ reason: 'revoked_session' });
        }
        expect(await b.list('ada')).toEqual([]);
      }
      await routers[0]!.login({ username: 'ada', password: 'old 10' });
    });
  });
}

/** The change of credentials in one transaction with the end of the other sessions. */
export function testChangeCredentials(target: DatabaseTarget): void {
  describeIf(target.available, `changeCredentials on ${target.name}`, target.howToEnable, () => {
    async function createApp() {
      const world = await createWorld(target);
      const { database } = world;
      const app = database.db as unknown as Kysely<AppDatabase>;
      await app.schema
        .createTable('passwords')
        .addColumn('id', 'varchar(20)', (column) => column.primaryKey())
        .addColumn('password', 'varchar(20)')
        .execute();
      await app.insertInto('passwords').values({ id: 'ada', password: 'old' }).execute();
      const manager = createSessionManager({ db: app, table: database.table, keys: secret, databaseTimeout });
      return {
        manager,
        change: (input: { userId: string; keep?: string }, fail = false) =>
          manager.changeCredentials(input, async (trx) => {
            await trx.updateTable('passwords').set({ password: 'new' }).where('id', '=', 'ada').execute();
            if (fail) throw new Error('of the app');
            return 'changed';
          }),
        async password() {
          const { password } = await app.selectFrom('passwords').select('password').executeTakeFirstOrThrow();
          return password;
        },
        async [Symbol.asyncDispose]() {
          await app.schema.dropTable('passwords').execute();
          await world[Symbol.asyncDispose]();
        },
      };
    }

    test('changes them and revokes the other sessions together, and returns the answer of the app', async () => {
      await using app = await createApp();
      const [kept, other] = [await app.manager.issue({ userId: 'ada' }), await app.manager.issue({ userId: 'ada' })];
      expect(await app.change({ userId: 'ada', keep: kept.session.id })).toBe('changed');
      expect(await app.password()).toBe('new');
      await app.manager.verify(kept.token);
      await expect(app.manager.verify(other.token)).rejects.toMatchObject({ reason: 'revoked_session' });
      await app.change({ userId: 'ada' });
      expect(await app.manager.list('ada')).toEqual([]);
    });

    test('changes and revokes nothing if the app throws, or has no such session', async () => {
      await using app = await createApp();
      const { token } = await app.manager.issue({ userId: 'ada' });
      const { session: ofBob } = await app.manager.issue({ userId: 'bob' });
      await expect(app.change({ userId: 'ada' }, true)).rejects.toThrow('of the app');
      for (const keep of [ofBob.id, 'a'.repeat(32), 'x', '']) {
        await expect(app.change({ userId: 'ada', keep })).rejects.toMatchObject({ reason: 'revoked_session' });
      }
      expect(await app.password()).toBe('old');
      await app.manager.verify(token);
    });
  });
}

/** For databases that run several transactions at once. */
export function testOldCredentialsInTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `the open transaction of a change on ${target.name}`, target.howToEnable, () => {
    /** Revokes all sessions of ada, and leaves the transaction open until `end` is called. */
    async function revokeSlowly(manager: SessionManager, db: Kysely<SessionsDatabase>) {
      const revoked = Promise.withResolvers<void>();
      const decided = Promise.withResolvers<'commit' | 'roll back'>();
      const done = db.transaction().execute(async (trx) => {
        await manager.revokeAll('ada', { trx });
        revoked.resolve();
        if ((await decided.promise) === 'roll back') throw new Error('rolled back');
      });
      await Promise.race([revoked.promise, done]);
      return {
        async end(how: 'commit' | 'roll back') {
          decided.resolve(how);
          await done.catch(() => {});
        },
      };
    }

    /** Adds sessions of many users: a database scans a table of a few rows, and locks those of other users too. */
    async function addOthers(db: Kysely<SessionsDatabase>): Promise<void> {
      const row = await db.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
      const others = Array.from({ length: 500 }, (_, n) => ({ ...row, id: `other${n}`, user_id: `user${n}` }));
      await db.insertInto('sessions').values(others).execute();
    }

    test.each([
      ['commit', 'refused'],
      ['roll back', 'accepted'],
    ] as const)('holds a sign-in up until its end: after a %s it is %s', async (how, outcome) => {
      await using w = await createWorld(target);
      const [a, b] = w.nodes;
      const since = await b.signInMark();
      const open = await revokeSlowly(a, w.database.db);
      let isDone = false;
      const signingIn = b.issue({ userId: 'ada' }, { since }).finally(() => (isDone = true));
      for (let n = 0; n < 10; n += 1) await b.list('ada');
      expect(isDone).toBe(false);
      const settled = Promise.allSettled([signingIn]);
      await open.end(how);
      const [result] = await settled;
      expect(result.status).toBe(outcome === 'accepted' ? 'fulfilled' : 'rejected');
      expect(await a.list('ada')).toHaveLength(outcome === 'accepted' ? 1 : 0);
    });

    test('counts when it commits, so that a sign-in which began in the meantime is refused', async () => {
      await using w = await createWorld(target);
      const [a, b] = w.nodes;
      const open = await revokeSlowly(a, w.database.db);
      const since = await b.signInMark();
      await open.end('commit');
      await expect(b.issue({ userId: 'ada' }, { since })).rejects.toMatchObject(invalid);
      await b.issue({ userId: 'ada' }, { since: await b.signInMark() });
    });

    test('delays no revocation of another user', async () => {
      await using w = await createWorld(target);
      const [a, b] = w.nodes;
      const { session } = await b.issue({ userId: 'bob' });
      await addOthers(w.database.plain);
      const open = await revokeSlowly(a, w.database.db);
      const since = await b.signInMark();
      expect(await b.revokeOthers({ userId: 'bob', currentId: session.id })).toBe(0);
      await b.revokeAll('bob');
      await expect(b.issue({ userId: 'bob' }, { since })).rejects.toMatchObject(invalid);
      await open.end('commit');
    });

    test('of the rows that order revocations, restored ones of another server refuse no sign-in', async () => {
      await using w = await createWorld(target);
      const [a] = w.nodes;
      await a.revokeAll('ada');
      const table = sql.table(`${w.database.table}_revocations`);
      await sql`update ${table} set position = position + 1000000000000`.execute(w.database.plain);
      await a.issue({ userId: 'ada' }, { since: await a.signInMark() });
    });
  });
}
