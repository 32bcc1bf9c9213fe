import { createSessionManager, migrateToLatest, type CallerInfo, type SessionManager } from '@trpc-sessions/core';
import { initTRPC, TRPCError } from '@trpc/server';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sessionsContext, type SessionsContext } from '../request/context.ts';
import { createSessionsPlugin } from '../plugin.ts';
import type { Socket } from '../request/request.ts';

const t = initTRPC.context<SessionsContext>().create();
const keys = 'a secret of more than thirty-two bytes';

let db: Kysely<object>;
let manager: SessionManager;

beforeEach(async () => {
  const database = new SqliteDatabase(':memory:');
  db = new Kysely<object>({ dialect: new SqliteDialect({ database }) });
  await migrateToLatest(db);
  // On the Database itself, look-ups wait for no end of a turn: the clock of some tests has no turns.
  manager = createSessionManager({ db: database, keys });
  return () => db.destroy();
});

const plugin = (of: SessionManager = manager) =>
  createSessionsPlugin({ manager: of, authenticate: () => ({ id: 'ada' }) });
const as = (token: string): SessionsContext => ({
  caller: { token, ip: null, userAgent: null, clientHints: null },
});

test('two plugins on one procedure verify one call each, with their own managers', async () => {
  const admins = createSessionManager({ db, keys, audience: 'admins' });
  const secret = t.procedure
    .concat(plugin().authenticated)
    .concat(plugin(admins).authenticated)
    .query(({ ctx }) => ctx.userId);
  const router = t.router({ secret });
  const { token } = await manager.issue({ userId: 'mallory' });
  await expect(router.createCaller(as(token)).secret()).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    cause: { reason: 'invalid_token' },
  });
});

describe('a procedure with authenticated twice', () => {
  test('verifies again after a step between them replaced getRawInput', async () => {
    const { authenticated } = plugin();
    const replaced = t.procedure
      .concat(authenticated)
      .use(({ next }) => next({ getRawInput: async () => 'replaced' }))
      .concat(authenticated)
      .query(({ ctx }) => ctx.userId);
    const { token } = await manager.issue({ userId: 'ada' });
    const verify = vi.spyOn(manager, 'verify');
    expect(await t.router({ replaced }).createCaller(as(token)).replaced()).toBe('ada');
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test('verifies again after a step between them replaced the session', async () => {
    const { authenticated } = plugin();
    const replaced = t.procedure
      .concat(authenticated)
      .use(({ ctx, next }) => next({ ctx: { session: { ...ctx.session, userId: 'mallory' } } }))
      .concat(authenticated)
      .query(({ ctx }) => ctx.session.userId);
    const { token } = await manager.issue({ userId: 'ada' });
    expect(await t.router({ replaced }).createCaller(as(token)).replaced()).toBe('ada');
  });

  test('gives the resolver the raw input of the client', async () => {
    const { authenticated } = plugin();
    const echo = t.procedure
      .concat(authenticated)
      .concat(authenticated)
      .use(async ({ ctx, getRawInput, next }) => next({ ctx: { ...ctx, raw: await getRawInput() } }))
      .input((input: unknown) => input)
      .query(({ ctx }) => ctx.raw);
    const { token } = await manager.issue({ userId: 'ada' });
    expect(await t.router({ echo }).createCaller(as(token)).echo({ sent: 1 })).toEqual({ sent: 1 });
  });
});

test('a later call is verified, though an app gives all calls one getRawInput and the context of an earlier call', async () => {
  const noInput = async () => undefined;
  const procedure = t.procedure.use(({ next }) => next({ getRawInput: noInput })).concat(plugin().authenticated);
  const inner = t.router({ secret: procedure.query(() => 'secret') });
  const outer = t.router({
    later: procedure.query(async ({ ctx }) => {
      await manager.revokeAll(ctx.userId);
      return inner.createCaller(ctx).secret();
    }),
  });
  const { token } = await manager.issue({ userId: 'ada' });
  await expect(outer.createCaller(as(token)).later()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
});

test('a caller of a batch that was given another token is verified with that', async () => {
  const router = t.router({ auth: plugin().router });
  const { token } = await manager.issue({ userId: 'ada' });
  const { caller } = sessionsContext({
    req: { headers: { authorization: `Bearer ${token}` } },
    info: { isBatchCall: true, calls: [{}, {}] },
  });
  await router.createCaller({ caller }).auth.sessions.current();
  const other = router.createCaller({ caller: { ...caller, token: 'nonsense' } });
  await expect(other.auth.sessions.current()).rejects.toMatchObject({ cause: { reason: 'malformed_token' } });
});

describe('a context without a caller is a 500 that names sessionsContext', () => {
  const bare = initTRPC.create();
  test.each<[string, unknown]>([
    ['no context', undefined],
    ['null', null],
    ['one without a caller', {}],
    ['one whose caller is null', { caller: null }],
  ])('%s', async (_, ctx) => {
    const router = bare.router({ auth: plugin().router });
    const { auth } = router.createCaller(ctx as object);
    for (const call of [auth.login({ username: 'ada', password: 'x' }), auth.sessions.list()]) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TRPCError);
      expect(error).toMatchObject({
        code: 'INTERNAL_SERVER_ERROR',
        message: expect.stringContaining('sessionsContext'),
      });
    }
  });
});

describe('a 401 has a WWW-Authenticate challenge', () => {
  async function challengesOf(authorization: string, calls: number): Promise<readonly string[]> {
    const appendHeader = vi.fn<(name: string, value: string) => void>();
    const ctx = sessionsContext({ req: { headers: { authorization } }, res: { appendHeader } });
    const caller = t.router({ auth: plugin().router }).createCaller(ctx);
    for (let n = 0; n < calls; n += 1) await caller.auth.sessions.current().catch(() => {});
    return appendHeader.mock.calls.map(([name, value]) => `${name}: ${value}`);
  }

  test('without an error code for a request without a token, once for a batch', async () => {
    expect(await challengesOf('', 3)).toEqual(['www-authenticate: Bearer']);
  });
  test('with invalid_token for a token that is refused', async () => {
    expect(await challengesOf('Bearer nonsense', 1)).toEqual(['www-authenticate: Bearer error="invalid_token"']);
  });
  test('that is absent when the call is served, or the database is down', async () => {
    const { token } = await manager.issue({ userId: 'ada' });
    expect(await challengesOf(`Bearer ${token}`, 1)).toEqual([]);
    await db.destroy();
    expect(await challengesOf(`Bearer ${token}`, 1)).toEqual([]);
  });
});

test('logout clears the cookie of a session that has long ended', async () => {
  const { token, session } = await manager.issue({ userId: 'ada' });
  await manager.revoke({ userId: 'ada', id: session.id });
  const call = async (procedure: 'logout' | 'current') => {
    const appendHeader = vi.fn<(name: string, value: string) => void>();
    const headers = { cookie: `__Host-session=${token}`, 'sec-fetch-site': 'same-origin' };
    const ctx = sessionsContext({ req: { method: 'POST', headers }, res: { appendHeader } }, { cookie: true });
    const { logout, sessions } = t.router({ auth: plugin().router }).createCaller(ctx).auth;
    await expect(procedure === 'logout' ? logout() : sessions.current()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    return appendHeader.mock.calls.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
  };
  expect(await call('logout')).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0; /)]);
  // No other call does: a page may have signed in again while it was under way.
  expect(await call('current')).toEqual([]);
});

describe('a WebSocket', () => {
  /** The used part of a socket, and the listeners that closing it calls. */
  function createSocket(readyState = 1) {
    const listeners: (() => void)[] = [];
    const socket = {
      readyState,
      send() {},
      close() {},
      once: (_: 'close', listener: () => void) => void listeners.push(listener),
    } satisfies Socket;
    return { socket, listeners };
  }

  function callerOver(socket: Socket, token: string): CallerInfo {
    return sessionsContext({ req: { headers: {} }, res: socket, info: { calls: [], connectionParams: { token } } })
      .caller;
  }

  test('gets one listener, however many calls over it are refused', async () => {
    const { socket, listeners } = createSocket();
    const caller = callerOver(socket, 'nonsense');
    const router = t.router({ auth: plugin().router });
    for (let n = 0; n < 20; n += 1) {
      await expect(router.createCaller({ caller }).auth.sessions.current()).rejects.toThrow(/not shaped/);
    }
    expect(listeners).toHaveLength(1);
  });

  test('that breaks when its session ends is no unhandled rejection', async () => {
    vi.useFakeTimers();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    process.on('uncaughtException', unhandled);
    try {
      const { token } = await manager.issue({ userId: 'ada' });
      const { socket } = createSocket();
      const broken = vi.fn(() => {
        throw new Error('write EPIPE');
      });
      const router = t.router({ auth: plugin().router });
      const caller = callerOver({ ...socket, send: broken, close: broken }, token);
      await router.createCaller({ caller }).auth.sessions.current();
      await manager.revokeAll('ada');
      await vi.advanceTimersByTimeAsync(2000);
      expect(broken).toHaveBeenCalledTimes(2);
      vi.useRealTimers();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
      process.off('unhandledRejection', unhandled);
      process.off('uncaughtException', unhandled);
    }
  });

  test.each(['before', 'while'])('that closes %s its first call is verified is not watched', async (when) => {
    vi.useFakeTimers();
    try {
      const { token } = await manager.issue({ userId: 'ada' });
      const { socket, listeners } = createSocket(when === 'before' ? 3 : 1);
      const verify = manager.verify.bind(manager);
      vi.spyOn(manager, 'verify').mockImplementation((...args) => {
        if (when === 'while') for (const listener of listeners) listener();
        return verify(...args);
      });
      const router = t.router({ auth: plugin().router });
      await router.createCaller({ caller: callerOver(socket, token) }).auth.sessions.current();
      expect(listeners).toHaveLength(1);
      const lookUps = vi.spyOn(manager, 'get');
      await vi.advanceTimersByTimeAsync(600_000);
      expect(lookUps).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
    }
  });
});
