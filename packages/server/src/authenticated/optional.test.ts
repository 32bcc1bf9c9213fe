import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import type { SessionsContext } from '../request/context.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

const t = initTRPC.context<SessionsContext>().create();

let db: Kysely<object>;
let manager: SessionManager;

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  return () => db.destroy();
});

const as = (token: string | null): SessionsContext => ({
  caller: { token, ip: null, userAgent: null, clientHints: null },
});

function createApp() {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username, claims: { username } }),
  });
  const open = t.procedure.concat(sessions.optional);
  return t.router({
    who: open.query(({ ctx }) => ({ userId: ctx.userId, name: ctx.claims?.username ?? null, id: ctx.session?.id })),
    secret: open.concat(sessions.authenticated).query(({ ctx }) => ctx.userId),
    open: t.procedure
      .concat(sessions.authenticated)
      .concat(sessions.optional)
      .query(({ ctx }) => ctx.userId),
    ticks: open.subscription(async function* () {
      yield 1;
      await new Promise(() => {});
    }),
  });
}

describe('sessions.optional', () => {
  test('adds the session of a caller who is signed in', async () => {
    const { token, session } = await manager.issue({ userId: 'ada', claims: { username: 'Ada' } });
    expect(await createApp().createCaller(as(token)).who()).toEqual({ userId: 'ada', name: 'Ada', id: session.id });
  });

  test.each<[string, () => string | null | Promise<string>]>([
    ['no token', () => null],
    ['an empty token', () => ''],
    ['a malformed token', () => 'nonsense'],
    [
      'a token with another signature',
      async () => `${(await manager.issue({ userId: 'ada' })).token.slice(0, -4)}AAAA`,
    ],
    [
      'a token of a revoked session',
      async () => {
        const { token } = await manager.issue({ userId: 'ada' });
        await manager.revokeAll('ada');
        return token;
      },
    ],
  ])('adds null to the context of a caller with %s', async (_, tokenOf) => {
    const caller = createApp().createCaller(as(await tokenOf()));
    expect(await caller.who()).toEqual({ userId: null, name: null, id: undefined });
    await expect(caller.secret()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('reports no refused request for a caller without a token', async () => {
    const rejected = vi.fn();
    manager.on('rejected', rejected);
    await createApp().createCaller(as(null)).who();
    expect(rejected).not.toHaveBeenCalled();
  });

  test('reports a database that is down as a fault', async () => {
    const { token } = await manager.issue({ userId: 'ada' });
    await db.destroy();
    await expect(createApp().createCaller(as(token)).who()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('verifies once beside sessions.authenticated', async () => {
    const { token } = await manager.issue({ userId: 'ada' });
    const verify = vi.spyOn(manager, 'verify');
    const caller = createApp().createCaller(as(token));
    expect([await caller.secret(), await caller.open()]).toEqual(['ada', 'ada']);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test('ends the stream of a caller with the session', async () => {
    const { token } = await manager.issue({ userId: 'ada' });
    const read = async (stream: AsyncIterable<number>) => {
      for await (const _ of stream) await manager.revokeAll('ada');
    };
    await expect(read(await createApp().createCaller(as(token)).ticks())).rejects.toMatchObject({
      cause: { reason: 'revoked_session' },
    });
  });

  test('has types that follow from the session', () => {
    const { optional } = createSessionsPlugin({
      manager,
      authenticate: () => ({ id: 'ada', claims: { admin: true } }),
      account: () => ({ name: 'Ada' }),
    });
    t.procedure.concat(optional).query(({ ctx }) => {
      expectTypeOf(ctx.userId).toEqualTypeOf<string | null>();
      expectTypeOf(ctx.account).toEqualTypeOf<{ name: string } | null>();
      if (ctx.session !== null) expectTypeOf(ctx.session.id).toEqualTypeOf<string>();
    });
  });
});
