import { createSessionManager, SessionError, type CallerInfo, type SessionManager } from '@trpc-sessions/core';
import { initTRPC, TRPCError } from '@trpc/server';
import { sql, type Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { sessionsContext, type SessionsContext } from './request/context.ts';
import { createSessionsPlugin } from './plugin.ts';
import { createMigratedDatabase } from './testing/migrated-database.ts';

const anonymous: CallerInfo = { token: null, ip: null, userAgent: null, clientHints: null };
const t = initTRPC.context<SessionsContext>().create();

let db: Kysely<object>;
let manager: SessionManager;

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  return () => db.destroy();
});

function createApp() {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) =>
      password === 'right' ? { id: username, claims: { username, admin: username === 'ada' } } : null,
  });
  const protectedProcedure = t.procedure.concat(sessions.authenticated);
  const router = t.router({
    auth: sessions.router,
    me: protectedProcedure.query(({ ctx }) => ({ userId: ctx.userId, admin: ctx.claims.admin, id: ctx.session.id })),
    twice: protectedProcedure.concat(sessions.authenticated).query(() => 'once'),
    stale: protectedProcedure.query(() => {
      throw new SessionError('fresh_session_required');
    }),
    broken: protectedProcedure.query(() => {
      throw new Error('of the app');
    }),
    open: t.procedure.query(() => 'anyone'),
  });
  const as = (token: string | null, caller: Partial<CallerInfo> = {}) =>
    router.createCaller({ caller: { ...anonymous, token, ...caller } });
  return { sessions, router, as };
}

/** The refusal of a call. */
async function refusalOf(
  call: Promise<unknown>,
): Promise<{ code: string; reason: string | undefined; message: string }> {
  const error = await call.then(
    () => expect.unreachable('the call was not refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TRPCError)) throw error;
  const { cause } = error;
  return { code: error.code, reason: cause instanceof SessionError ? cause.reason : undefined, message: error.message };
}

describe('the router', () => {
  test('signs in, lists, and signs out', async () => {
    const { as } = createApp();
    const { token, session } = await as(null, { ip: '203.0.113.7', userAgent: 'curl/8' }).auth.login({
      username: 'ada',
      password: 'right',
      device: { name: 'My laptop' },
    });
    expect(session).toMatchObject({ current: true, ip: '203.0.113.7', device: { name: 'My laptop' } });
    expect(Object.keys(session).toSorted()).toEqual([
      'createdAt',
      'createdIp',
      'current',
      'device',
      'expiresAt',
      'id',
      'ip',
      'lastSeenAt',
      'location',
      'name',
      'userAgent',
    ]);
    expect(await as(token).auth.sessions.list()).toEqual([session]);
    expect(await as(token).auth.sessions.current()).toEqual({
      ...session,
      userId: 'ada',
      claims: { username: 'ada', admin: true },
    });
    expect(await as(token).me()).toEqual({ userId: 'ada', admin: true, id: session.id });
    expect(await as(token).auth.logout()).toEqual({ revoked: 1 });
    expect(await refusalOf(as(token).me())).toMatchObject({ code: 'UNAUTHORIZED', reason: 'revoked_session' });
  });

  test('marks the session that asks, ends one, several, and all others', async () => {
    const { as } = createApp();
    const login = async () => as(null).auth.login({ username: 'ada', password: 'right' });
    const [a, b, c, d, e] = [await login(), await login(), await login(), await login(), await login()];
    const list = await as(a.token).auth.sessions.list();
    expect(list.filter(({ current }) => current).map(({ id }) => id)).toEqual([a.session.id]);

    expect(await as(a.token).auth.sessions.get({ id: b.session.id })).toMatchObject({
      id: b.session.id,
      current: false,
    });
    expect(await as(a.token).auth.sessions.revoke({ id: b.session.id })).toEqual({ revoked: 1 });
    expect(await refusalOf(as(b.token).me())).toMatchObject({ reason: 'revoked_session' });
    expect(await as(a.token).auth.sessions.revoke({ ids: [b.session.id, c.session.id, 'nonsense'] })).toEqual({
      revoked: 1,
    });
    expect(await as(a.token).auth.sessions.revokeOthers()).toEqual({ revoked: 2 });
    for (const { token } of [c, d, e])
      expect(await refusalOf(as(token).me())).toMatchObject({ reason: 'revoked_session' });
    expect(await as(a.token).auth.sessions.revoke({ id: a.session.id })).toEqual({ revoked: 1 });
    expect(await refusalOf(as(a.token).me())).toMatchObject({ reason: 'revoked_session' });
  });

  test('gives the sessions of its user page by page, as useInfiniteQuery asks', async () => {
    const { as } = createApp();
    const { token } = await as(null).auth.login({ username: 'ada', password: 'right' });
    for (let n = 0; n < 22; n += 1) await as(null).auth.login({ username: 'ada', password: 'right' });
    await as(null).auth.login({ username: 'bob', password: 'right' });
    const caller = as(token).auth.sessions;
    const first = await caller.page();
    expect(first.sessions).toHaveLength(20);
    const second = await caller.page({ limit: 2, cursor: first.nextCursor });
    const third = await caller.page({ limit: 2, cursor: second.nextCursor });
    expect(third.nextCursor).toBeNull();
    expect([first, second, third].flatMap(({ sessions }) => sessions)).toEqual(await caller.list());
  });

  test.each<[string, unknown]>([
    ['a text', 'first'],
    ['no session', { limit: 0 }],
    ['more than a hundred', { limit: 101 }],
    ['a limit that is a text', { limit: '5' }],
    ['a cursor that no page gave', { cursor: 'x' }],
    ['a cursor that is a number', { cursor: 5 }],
  ])('page refuses %s as BAD_REQUEST', async (_, input) => {
    const { as } = createApp();
    const { token } = await as(null).auth.login({ username: 'ada', password: 'right' });
    expect(await refusalOf(as(token).auth.sessions.page(input as { limit: number }))).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test("answers the same for someone else's session as for an unknown one", async () => {
    const { as } = createApp();
    const ada = await as(null).auth.login({ username: 'ada', password: 'right' });
    const bob = await as(null).auth.login({ username: 'bob', password: 'right' });
    for (const call of ['get', 'revoke'] as const) {
      const [foreign, ...others] = await Promise.all(
        [ada.session.id, 'a'.repeat(32), "' or 1=1 --", '', 'é\0'.repeat(1000)].map((id) =>
          refusalOf(as(bob.token).auth.sessions[call]({ id })),
        ),
      );
      expect(foreign).toMatchObject({ code: 'NOT_FOUND' });
      expect(others).toEqual(others.map(() => foreign));
    }
    expect(await as(bob.token).auth.sessions.revoke({ ids: [ada.session.id] })).toEqual({ revoked: 0 });
    expect(await as(bob.token).auth.sessions.revoke({ ids: [] })).toEqual({ revoked: 0 });
    expect(await as(ada.token).me()).toMatchObject({ userId: 'ada' });
  });

  test('refuses an unknown user and a wrong password with the same reason', async () => {
    const { as } = createApp();
    for (const username of ['ada', 'nobody']) {
      expect(await refusalOf(as(null).auth.login({ username, password: 'wrong' }))).toMatchObject({
        code: 'UNAUTHORIZED',
        reason: 'invalid_credentials',
      });
    }
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ada'],
    ['a list', ['ada', 'right']],
    ['no password', { username: 'ada' }],
    ['a number', { username: 'ada', password: 1 }],
    ['an object', { username: { $ne: '' }, password: 'right' }],
    ['an empty name', { username: '', password: 'right' }],
    ['a megabyte of password', { username: 'ada', password: 'x'.repeat(1_000_000) }],
    ['a device that is a text', { username: 'ada', password: 'right', device: 'mine' }],
    ['a device whose name is a number', { username: 'ada', password: 'right', device: { name: 7 } }],
  ])('login refuses %s as BAD_REQUEST, before it authenticates', async (_, input) => {
    const { as } = createApp();
    const { code, message } = await refusalOf(as(null).auth.login(input as { username: string; password: string }));
    expect(code).toBe('BAD_REQUEST');
    expect(message.length).toBeLessThan(200);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', { id: 5 }],
    ['an object', { id: { $gt: '' } }],
    ['more than a hundred', { ids: Array.from({ length: 101 }, (_, n) => String(n)) }],
    ['both', { id: 'a', ids: ['b'] }],
    ['a list of numbers', { ids: [1] }],
  ])('revoke refuses %s as BAD_REQUEST', async (_, input) => {
    const { as } = createApp();
    const { token } = await as(null).auth.login({ username: 'ada', password: 'right' });
    expect(await refusalOf(as(token).auth.sessions.revoke(input as { id: string }))).toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test('login takes the app’s own form, with its types', async () => {
    const sessions = createSessionsPlugin({
      manager,
      credentials: z.strictObject({ email: z.email(), code: z.string().transform(Number) }),
      authenticate: ({ email, code }) => {
        expectTypeOf(code).toBeNumber();
        return code === 42 ? { id: email } : null;
      },
    });
    const caller = sessions.router.createCaller({ caller: anonymous });
    expectTypeOf(caller.login).parameter(0).toExtend<{ email: string; code: string }>();
    const { session } = await caller.login({ email: 'ada@example.com', code: '42', device: { app: 'Notes' } });
    expect(session.device.app.name).toBe('Notes');
    expect(await refusalOf(caller.login({ email: 'nonsense', code: '42' }))).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('gives each session the location that the app finds', async () => {
    const locate = vi.fn((ip: string) =>
      ip === '203.0.113.7' ? 'Lisbon' : Promise.reject(new Error('no such place')),
    );
    const sessions = createSessionsPlugin({ manager, authenticate: () => ({ id: 'ada' }), locate });
    const login = (ip: string | null) =>
      sessions.router.createCaller({ caller: { ...anonymous, ip } }).login({ username: 'ada', password: 'x' });
    expect((await login('203.0.113.7')).session.location).toBe('Lisbon');
    expect((await login('198.51.100.1')).session.location).toBeNull();
    expect((await login(null)).session.location).toBeNull();
  });

  test('login does not wait longer for a place than the deadline, and a locator that fails fails no login', async () => {
    const locate = vi.fn(() => new Promise<null>(() => {}));
    const sessions = createSessionsPlugin({
      manager,
      authenticate: () => ({ id: 'ada' }),
      locate,
      locateTimeout: '20ms',
    });
    const as = (token: string | null) =>
      sessions.router.createCaller({ caller: { ...anonymous, token, ip: '203.0.113.7' } });
    const { token, session } = await as(null).login({ username: 'ada', password: 'x' });
    expect(session.location).toBeNull();
    for (let n = 0; n < 30; n += 1) await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.7' } });
    expect(await as(token).sessions.list()).toHaveLength(31);
    expect(locate).toHaveBeenCalledOnce();
  });

  test('lists the 100 sessions that were seen last, the one that asks always among them', async () => {
    vi.useFakeTimers();
    try {
      manager = createSessionManager({
        db,
        keys: 'a secret of more than thirty-two bytes',
        maxSessionsPerUser: Infinity,
      });
      const { as } = createApp();
      const { token, session } = await manager.issue({ userId: 'ada' });
      const others: string[] = [];
      for (let n = 0; n < 120; n += 1) {
        vi.advanceTimersByTime(10);
        others.push((await manager.issue({ userId: 'ada' })).session.id);
      }
      const listed = (await as(token).auth.sessions.list()).map(({ id }) => id);
      expect(listed).toEqual([...others.toReversed().slice(0, 99), session.id]);
      expect(new Set(listed).size).toBe(100);
    } finally {
      vi.useRealTimers();
    }
  });

  test('passes on the refusal that authenticate throws', async () => {
    const sessions = createSessionsPlugin({
      manager,
      authenticate: () => {
        throw new SessionError('too_many_attempts', { retryAfter: 30 });
      },
    });
    const call = sessions.router.createCaller({ caller: anonymous }).login({ username: 'ada', password: 'x' });
    expect(await refusalOf(call)).toMatchObject({ code: 'TOO_MANY_REQUESTS', reason: 'too_many_attempts' });
  });

  test('merges at the root', async () => {
    const { sessions } = createApp();
    const merged = t.mergeRouters(t.router({ open: t.procedure.query(() => 'anyone') }), sessions.router);
    const { token } = await merged.createCaller({ caller: anonymous }).login({ username: 'ada', password: 'right' });
    const caller = merged.createCaller({ caller: { ...anonymous, token } });
    expect(await caller.sessions.list()).toHaveLength(1);
    expect(await caller.open()).toBe('anyone');
  });
});

describe('the authenticated builder', () => {
  test('refuses a caller without a token, and leaves public procedures alone', async () => {
    const { as } = createApp();
    expect(await refusalOf(as(null).me())).toMatchObject({ code: 'UNAUTHORIZED', reason: 'missing_token' });
    expect(await as('nonsense').open()).toBe('anyone');
  });

  test('adds the claims with the types that authenticate returns', () => {
    const { sessions } = createApp();
    t.procedure.concat(sessions.authenticated).query(({ ctx }) => {
      expectTypeOf(ctx.claims.username).toBeString();
      expectTypeOf(ctx.claims.admin).toBeBoolean();
      expectTypeOf(ctx.userId).toBeString();
      expectTypeOf(ctx.session.lastSeenAt).toEqualTypeOf<Date>();
    });
  });

  test('is refused by the compiler where the context has no caller', () => {
    const { sessions } = createApp();
    const bare = initTRPC.context<{ user: string }>().create();
    // @ts-expect-error the context has no caller
    bare.procedure.concat(sessions.authenticated);
  });

  test('names sessionsContext where a context without a caller passed the compiler', async () => {
    const { router } = createApp();
    const call = router.createCaller({} as SessionsContext).me();
    expect(await refusalOf(call)).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      message: expect.stringContaining('sessionsContext'),
    });
  });

  test('concatenated twice, verifies once', async () => {
    const { as } = createApp();
    const { token } = await as(null).auth.login({ username: 'ada', password: 'right' });
    const verify = vi.spyOn(manager, 'verify');
    expect(await as(token).twice()).toBe('once');
    expect(verify).toHaveBeenCalledOnce();
  });

  test('verifies a later call that was given the context of an earlier one', async () => {
    const sessions = createSessionsPlugin({ manager, authenticate: () => ({ id: 'ada' }) });
    const protectedProcedure = t.procedure.concat(sessions.authenticated);
    const inner = t.router({ secret: protectedProcedure.query(() => 'secret') });
    const outer = t.router({
      later: protectedProcedure.query(async ({ ctx }) => {
        await manager.revokeAll(ctx.userId);
        return inner.createCaller(ctx).secret();
      }),
    });
    const { token } = await manager.issue({ userId: 'ada' });
    const call = outer.createCaller({ caller: { ...anonymous, token } }).later();
    expect(await refusalOf(call)).toMatchObject({ reason: 'revoked_session' });
  });

  test('verifies each call, though they share a context as over a WebSocket', async () => {
    const { as } = createApp();
    const { token, session } = await as(null).auth.login({ username: 'ada', password: 'right' });
    const caller = as(token);
    await caller.me();
    await manager.revoke({ userId: 'ada', id: session.id });
    expect(await refusalOf(caller.me())).toMatchObject({ reason: 'revoked_session' });
  });

  test('verifies a batch once, and again after the batch itself has ended a session', async () => {
    const { router, as } = createApp();
    const { token, session } = await as(null).auth.login({ username: 'ada', password: 'right' });
    const batch = router.createCaller(
      sessionsContext({
        req: { headers: { authorization: `Bearer ${token}` } },
        info: { isBatchCall: true, calls: [{}] },
      }),
    );
    const verify = vi.spyOn(manager, 'verify');
    await Promise.all([batch.me(), batch.auth.sessions.list(), batch.auth.sessions.current(), batch.twice()]);
    expect(verify).toHaveBeenCalledOnce();
    await batch.auth.sessions.revoke({ id: session.id });
    expect(await refusalOf(batch.me())).toMatchObject({ reason: 'revoked_session' });
  });

  test('gives the refusals of the app’s own resolvers their code, and leaves its errors alone', async () => {
    const { as } = createApp();
    const { token } = await as(null).auth.login({ username: 'ada', password: 'right' });
    expect(await refusalOf(as(token).stale())).toMatchObject({ code: 'FORBIDDEN', reason: 'fresh_session_required' });
    expect(await refusalOf(as(token).broken())).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', message: 'of the app' });
  });
});

test('a database that is down is a 503 without details, and no refusal', async () => {
  const { as } = createApp();
  const { token, session } = await as(null).auth.login({ username: 'ada', password: 'right' });
  await db.destroy();
  const calls = [
    as(token).me(),
    as(token).auth.sessions.list(),
    as(token).auth.sessions.revoke({ id: session.id }),
    as(token).auth.logout(),
    as(null).auth.login({ username: 'ada', password: 'right' }),
  ];
  for (const refusal of await Promise.all(calls.map(refusalOf))) {
    expect(refusal).toEqual({
      code: 'SERVICE_UNAVAILABLE',
      reason: undefined,
      message: 'The session store did not answer: try again.',
    });
  }
});

test('a database that will answer the same again is a 500 that does not ask to try again', async () => {
  const { as } = createApp();
  const { token } = await manager.issue({ userId: 'ada' });
  await sql`drop table sessions`.execute(db);
  expect(await refusalOf(as(token).me())).toEqual({
    code: 'INTERNAL_SERVER_ERROR',
    reason: undefined,
    message: 'The session store failed.',
  });
});

test('misuse that only a request shows is a 500 that names it', async () => {
  const sessions = createSessionsPlugin({ manager, authenticate: () => ({ id: 'ada', claims: { sub: 'eve' } }) });
  const call = sessions.router.createCaller({ caller: anonymous }).login({ username: 'ada', password: 'x' });
  expect(await refusalOf(call)).toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
    message: expect.stringContaining('"sub"'),
  });
});
