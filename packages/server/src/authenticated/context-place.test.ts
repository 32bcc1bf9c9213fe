import { createSessionManager, type Session, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import { sessionsContext, type SessionsContext } from '../request/context.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

let db: Kysely<object>;
let manager: SessionManager;

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  return () => db.destroy();
});

/** The context of an app whose own library calls its session `session`. */
interface AppContext extends SessionsContext {
  readonly session: { readonly user: { readonly email: string } };
}

const theirs = { user: { email: 'ada@example.com' } };

function callerOf(token: string | null): SessionsContext['caller'] {
  return { token, ip: null, userAgent: null, clientHints: null };
}

const create = () =>
  createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username, claims: { plan: 'free' } }),
    account: ({ userId }) => ({ name: userId }),
    contextKey: 'auth',
  });

describe('with a contextKey, the plugin', () => {
  test('adds everything under the key, and leaves the rest of the context alone', async () => {
    const t = initTRPC.context<AppContext>().create();
    const { authenticated, optional, router } = create();
    const app = t.router({
      sessions: router,
      me: t.procedure.concat(authenticated).query(({ ctx }) => {
        expectTypeOf(ctx.session).toEqualTypeOf<AppContext['session']>();
        expectTypeOf(ctx.auth.session).toEqualTypeOf<Session>();
        expectTypeOf(ctx.auth.account).toEqualTypeOf<{ name: string }>();
        return { theirs: ctx.session, keys: Object.keys(ctx.auth).toSorted(), userId: ctx.auth.userId };
      }),
      visitor: t.procedure.concat(optional).query(({ ctx }) => {
        expectTypeOf(ctx.auth.userId).toEqualTypeOf<string | null>();
        return { theirs: ctx.session, userId: ctx.auth.userId, account: ctx.auth.account };
      }),
    });
    const { token, session } = await manager.issue({ userId: 'ada' });
    const as = (of: string | null) => app.createCaller({ caller: callerOf(of), session: theirs });
    expect(await as(token).me()).toEqual({
      theirs,
      keys: ['account', 'caller', 'claims', 'session', 'userId'],
      userId: 'ada',
    });
    expect(await as(null).visitor()).toEqual({ theirs, userId: null, account: null });
    expect(await as(token).sessions.sessions.current()).toMatchObject({ id: session.id, userId: 'ada' });
  });

  test('finds its caller under the key before the one at the top', async () => {
    const t = initTRPC.context<{ auth: SessionsContext }>().create();
    const { authenticated, router, signIn, signOut } = create();
    const app = t.router({
      sessions: router,
      me: t.procedure.concat(authenticated).query(({ ctx }) => ctx.auth.userId),
      signUp: t.procedure.mutation(({ ctx }) => signIn(ctx, { id: 'grace' })),
      leave: t.procedure.mutation(({ ctx }) => signOut(ctx)),
    });
    const { token } = await manager.issue({ userId: 'ada' });
    const ctx = { auth: { caller: callerOf(token) }, caller: callerOf('nonsense') };
    const caller = app.createCaller(ctx);
    expect(await caller.me()).toBe('ada');
    await caller.leave();
    expect(await manager.list('ada')).toEqual([]);
    await expect(caller.sessions.logout()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
    expect((await caller.sessions.login({ username: 'ada', password: 'any' })).userId).toBe('ada');
    expect((await caller.signUp()).userId).toBe('grace');
  });

  test('names itself in a refusal', async () => {
    const { router } = create();
    const t = initTRPC.context<SessionsContext>().create();
    const error: unknown = await t
      .router({ auth: router })
      .createCaller(sessionsContext({ req: { headers: {} } }))
      .auth.sessions.current()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ cause: { reason: 'missing_token' } });
    const [symbol] = Object.getOwnPropertySymbols(error);
    expect(Reflect.get(Object(error), symbol ?? '')).toMatchObject({
      data: { session: { reason: 'missing_token', plugin: 'auth' } },
    });
  });

  test('is a compile-time error where the context has no caller', () => {
    const t = initTRPC.context<{ other: string }>().create();
    // @ts-expect-error neither ctx.caller nor ctx.auth.caller
    t.procedure.concat(create().authenticated);
  });
});
