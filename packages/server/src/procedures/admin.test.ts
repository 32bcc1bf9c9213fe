import { createSessionManager, type RevokedEvent, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { createSessionsPlugin } from '../plugin.ts';
import { sessionsContext, type SessionsContext } from '../request/context.ts';
import { issuedBeforeInput, userInput, userPageInput, userSessionsInput } from './admin-inputs.ts';
import type { IssuedBeforeInput, UserPageInput, UserSessionsInput } from './admin.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

const t = initTRPC.context<SessionsContext>().create();
const keys = 'a secret of more than thirty-two bytes';

let db: Kysely<object>;
let manager: SessionManager;
let now = 0;
let revoked: RevokedEvent[];

beforeEach(async () => {
  db = await createMigratedDatabase();
  now = Date.UTC(2026, 0, 1);
  manager = createSessionManager({ db, keys, clock: () => now });
  revoked = [];
  manager.on('revoked', (event) => void revoked.push(event));
  return () => db.destroy();
});

const createApp = (admin: (input: { claims: { isStaff: boolean } }) => boolean | Promise<boolean>) => {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username, claims: { isStaff: username === 'root' } }),
    admin,
  });
  return t.router({ auth: sessions.router });
};

const as = (token: string): SessionsContext => ({ caller: { token, ip: null, userAgent: null, clientHints: null } });

/** Signs users in, a second apart, and calls the procedures of staff as the last of them. */
async function signIn(...userIds: readonly string[]) {
  const issued = [];
  for (const userId of userIds) {
    now += 1000;
    issued.push(await manager.issue({ userId, claims: { isStaff: userId === 'root' } }));
  }
  const { token, session } = issued.at(-1)!;
  const { admin } = createApp(({ claims }) => claims.isStaff).createCaller(as(token)).auth.sessions;
  return { admin, issued, ids: issued.map((each) => each.session.id), token, session };
}

describe('sessions.admin', () => {
  test('lists the sessions of a user, and pages through those of all, the newest first', async () => {
    const { admin, ids } = await signIn('ada', 'grace', 'ada', 'root');
    const { sessions } = await admin.list({ userId: 'ada' });
    expect(sessions.map(({ id, userId, current }) => ({ id, userId, current }))).toEqual([
      { id: ids[2], userId: 'ada', current: false },
      { id: ids[0], userId: 'ada', current: false },
    ]);
    const first = await admin.page({ limit: 3 });
    const second = await admin.page({ limit: 3, cursor: first.nextCursor });
    expect([...first.sessions, ...second.sessions].map(({ id, userId }) => [id, userId])).toEqual([
      [ids[3], 'root'],
      [ids[2], 'ada'],
      [ids[1], 'grace'],
      [ids[0], 'ada'],
    ]);
    expect(first.sessions[0]?.current).toBe(true);
    expect(second.nextCursor).toBeNull();
    expect((await admin.page()).sessions).toHaveLength(4);
  });

  test('revokes sessions of one user, and the event says who did it', async () => {
    const { admin, ids } = await signIn('ada', 'grace', 'ada', 'root');
    expect(await admin.revoke({ userId: 'ada', ids: [ids[0]!, ids[1]!, 'none'] })).toEqual({ revoked: 1 });
    expect(await manager.list('grace')).toHaveLength(1);
    expect(await admin.revokeAll({ userId: 'ada' })).toEqual({ revoked: 1 });
    expect(revoked).toEqual([
      { userId: 'ada', ids: [ids[0], ids[1]], cause: 'staff', by: 'root', count: 1 },
      { userId: 'ada', cause: 'staff', by: 'root', count: 1 },
    ]);
  });

  test.each([
    ['a Date', (time: Date) => time],
    ['a text', (time: Date) => time.toISOString()],
  ])('signs out all who signed in before a time, which is %s', async (_, write) => {
    const { admin, issued } = await signIn('ada', 'grace', 'root');
    expect(await admin.revokeIssuedBefore({ time: write(issued[1]!.session.createdAt) })).toEqual({ revoked: 1 });
    expect([await manager.list('ada'), await manager.list('grace')]).toMatchObject([[], [{ userId: 'grace' }]]);
    expect(revoked).toMatchObject([{ userId: 'ada', cause: 'staff', by: 'root', count: 1 }]);
  });

  test('clears the cookie of a member of staff who is among those signed out', async () => {
    const { token, session } = await signIn('root');
    const router = createApp(() => true);
    const call = async (of: string) => {
      const appendHeader = vi.fn<(name: string, value: string) => void>();
      const headers = { cookie: `__Host-session=${of}`, 'sec-fetch-site': 'same-origin' };
      const ctx = sessionsContext({ req: { method: 'POST', headers }, res: { appendHeader } }, { cookie: true });
      const isCleared = () => appendHeader.mock.calls.some(([, value]) => value.includes('Max-Age=0'));
      return { admin: router.createCaller(ctx).auth.sessions.admin, isCleared };
    };
    const own = await call(token);
    await own.admin.revoke({ userId: 'root', ids: ['none'] });
    await own.admin.revokeIssuedBefore({ time: session.createdAt });
    expect(own.isCleared()).toBe(false);
    await own.admin.revoke({ userId: 'root', ids: [session.id] });
    expect(own.isCleared()).toBe(true);
    for (const end of ['revokeAll', 'revokeIssuedBefore'] as const) {
      const again = await call((await manager.issue({ userId: 'root' })).token);
      now += 1000;
      await (end === 'revokeAll'
        ? again.admin.revokeAll({ userId: 'root' })
        : again.admin.revokeIssuedBefore({ time: new Date(now) }));
      expect(again.isCleared()).toBe(true);
    }
  });

  test('is FORBIDDEN for others, whatever they send', async () => {
    const { admin, ids } = await signIn('root', 'ada');
    const calls = [
      admin.list({ userId: 'root' }),
      admin.page(),
      admin.revoke({ userId: 'root', ids }),
      admin.revokeAll({ userId: 'root' }),
      admin.revokeIssuedBefore({ time: new Date(now) }),
      admin.list({ userId: '' }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(revoked).toEqual([]);
  });

  test.each<[string, () => unknown, object]>([
    ['a function that answers nothing admits no caller', () => undefined, { code: 'FORBIDDEN' }],
    ['a truthy answer admits no caller', () => 'yes', { code: 'FORBIDDEN' }],
    [
      'a function that fails is a fault without details',
      () => Promise.reject(new Error('select * from staff')),
      { code: 'INTERNAL_SERVER_ERROR', message: 'The server failed to answer this call.' },
    ],
  ])('%s', async (_, answer, expected) => {
    const { token } = await signIn('root');
    const { admin } = createApp(answer as () => boolean).createCaller(as(token)).auth.sessions;
    await expect(admin.page()).rejects.toMatchObject(expected);
  });

  test('asks with the account, if the plugin has one', async () => {
    const { token } = await signIn('root');
    const { router } = createSessionsPlugin({
      manager,
      authenticate: () => null,
      account: ({ userId }) => ({ isStaff: userId === 'root' }),
      admin: ({ account }) => account.isStaff,
    });
    expect(await t.router({ auth: router }).createCaller(as(token)).auth.sessions.admin.page()).toMatchObject({
      sessions: [{ userId: 'root' }],
    });
  });

  test.each<[string, z.ZodType, unknown]>([
    ['an empty user id', userInput, { userId: '' }],
    ['a user id of 256 characters', userInput, { userId: 'a'.repeat(256) }],
    ['a user id with a NUL character', userPageInput, { userId: 'a\0' }],
    ['a limit of 101', userPageInput, { userId: 'ada', limit: 101 }],
    ['101 ids', userSessionsInput, { userId: 'ada', ids: Array.from({ length: 101 }, () => 'a') }],
    ['a number as time', issuedBeforeInput, { time: 0 }],
    ['a day as time', issuedBeforeInput, { time: '2026-01-01' }],
    ['an invalid Date', issuedBeforeInput, { time: new Date(Number.NaN) }],
  ])('refuses %s', (_, schema, input) => {
    expect(schema.safeParse(input).success).toBe(false);
  });

  test('refuses a cursor that no page gave', async () => {
    const { admin } = await signIn('root');
    await expect(admin.page({ cursor: 'none' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('does not exist without the option', () => {
    const { router } = createSessionsPlugin({ manager, authenticate: () => null });
    // oxlint-disable-next-line no-underscore-dangle -- tools read it
    expect(Object.keys(router._def.procedures).filter((name) => name.includes('admin'))).toEqual([]);
    // @ts-expect-error and has no type
    expect(router.sessions.admin).toBeUndefined();
  });

  test('has inputs whose types are those of the schemas, which can be written as JSON Schema', () => {
    expectTypeOf<z.input<typeof userPageInput>>().toExtend<UserPageInput>();
    expectTypeOf<z.input<typeof userSessionsInput>>().toExtend<UserSessionsInput>();
    expectTypeOf<z.input<typeof issuedBeforeInput>>().toExtend<IssuedBeforeInput>();
    for (const schema of [userInput, userPageInput, userSessionsInput, issuedBeforeInput]) {
      expect(z.toJSONSchema(schema, { io: 'input' })).toHaveProperty('$schema');
    }
  });
});

test('the cap of a user may depend on the claims, so that staff is exempt', async () => {
  const capped = createSessionManager({
    db,
    keys,
    maxSessionsPerUser: (_, { claims }) => (claims['isStaff'] === true ? Infinity : 1),
  });
  for (const [userId, isStaff] of [
    ['root', true],
    ['ada', false],
  ] as const) {
    for (let n = 0; n < 3; n += 1) await capped.issue({ userId, claims: { isStaff } });
  }
  expect(await Promise.all(['root', 'ada'].map(async (id) => (await capped.list(id)).length))).toEqual([3, 1]);
});
