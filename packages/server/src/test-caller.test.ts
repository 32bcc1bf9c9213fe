import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createSessionsPlugin } from './plugin.ts';
import { sessionsContext, type SessionsContext } from './request/context.ts';
import { testCaller } from './test-caller.ts';
import { createMigratedDatabase } from './testing/migrated-database.ts';

const hour = 3_600_000;

interface Context extends SessionsContext {
  readonly greeting: string;
}

const t = initTRPC.context<Context>().create();
let db: Kysely<object>;
let manager: SessionManager;
let now: number;

beforeEach(async () => {
  db = await createMigratedDatabase();
  now = Date.UTC(2026, 0, 1);
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', clock: () => now });
  return () => db.destroy();
});

function createApp() {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username }, { caller }) => ({ id: username, claims: { admin: true, ip: caller.ip } }),
  });
  const protectedProcedure = t.procedure.concat(sessions.authenticated);
  return t.router({
    auth: sessions.router,
    me: protectedProcedure.query(({ ctx }) => [ctx.greeting, ctx.userId, ctx.claims.admin]),
  });
}

describe('testCaller', () => {
  test('makes the context of a user who is signed in, with a session of the database', async () => {
    const ctx = { ...(await testCaller(manager, { userId: 'ada', claims: { admin: true } })), greeting: 'Hello' };
    const caller = createApp().createCaller(ctx);
    expect(await caller.me()).toEqual(['Hello', 'ada', true]);
    expect(await caller.auth.sessions.list()).toMatchObject([{ current: true, ip: null }]);
    await manager.revokeAll('ada');
    await expect(caller.me()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
  });

  test('takes the address and the device of the user', async () => {
    const caller = { ip: '203.0.113.7', userAgent: 'curl/8' };
    const ctx = await testCaller(manager, { userId: 'ada', caller });
    expect(ctx.caller).toMatchObject(caller);
    const list = await createApp()
      .createCaller({ ...ctx, greeting: '' })
      .auth.sessions.list();
    expect(list).toMatchObject([{ ip: '203.0.113.7', userAgent: 'curl/8' }]);
    expectTypeOf(ctx.caller.token).toEqualTypeOf<string>();
  });
});

describe('a caller that is written by hand', () => {
  test('needs only its token', async () => {
    const { token } = await manager.issue({ userId: 'ada', claims: { admin: true } });
    const caller = createApp().createCaller({ caller: { token }, greeting: 'Hello' });
    expect(await caller.me()).toEqual(['Hello', 'ada', true]);
  });

  test('has null for what it leaves out, where the app reads it', async () => {
    const caller = createApp().createCaller({ caller: { token: null }, greeting: '' });
    expect((await caller.auth.login({ username: 'ada', password: 'any' })).claims.ip).toBeNull();
  });
});

describe('a call of the server for its user', () => {
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1';

  async function seenAfter(contextOf: (token: string) => SessionsContext) {
    const { token } = await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.7', userAgent: iphone } });
    now += hour;
    await createApp()
      .createCaller({ ...contextOf(token), greeting: '' })
      .me();
    const [session] = await manager.list('ada');
    return { ip: session?.ip, userAgent: session?.userAgent, isSeen: session?.lastSeenAt.getTime() === now };
  }

  const kept = { ip: '203.0.113.7', userAgent: iphone, isSeen: true };

  test('leaves the address and the device of the session as they are, by hand', async () => {
    expect(await seenAfter((token) => ({ caller: { token } }))).toEqual(kept);
  });

  test('leaves the address as it is with ip: null, though it comes over loopback', async () => {
    const contextOf = (token: string): SessionsContext =>
      sessionsContext(
        { req: { headers: { authorization: `Bearer ${token}` }, socket: { remoteAddress: '127.0.0.1' } } },
        { ip: null },
      );
    expect(await seenAfter(contextOf)).toEqual(kept);
  });

  test('has the address of the user, which it forwards to itself', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.8', 'user-agent': iphone };
    const contextOf = (token: string): SessionsContext =>
      sessionsContext(
        { req: { headers: { ...headers, authorization: `Bearer ${token}` }, socket: { remoteAddress: '127.0.0.1' } } },
        { trustProxy: 'loopback' },
      );
    expect(await seenAfter(contextOf)).toEqual({ ...kept, ip: '203.0.113.8' });
  });
});
