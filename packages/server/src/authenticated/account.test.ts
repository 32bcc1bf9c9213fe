import { createSessionManager, localBus, SessionError, type SessionManager } from '@trpc-sessions/core';
import { initTRPC, TRPCError } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import { sessionsContext, type SessionsContext } from '../request/context.ts';
import type { AccountInput } from './account.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

const t = initTRPC.context<SessionsContext>().create();

const secret = 'a secret of more than thirty-two bytes';

interface User {
  readonly name: string;
}

let db: Kysely<object>;
let manager: SessionManager;
/** The accounts of the app, by user id. */
const account = vi.fn<(input: AccountInput) => User | null | Promise<User | null>>();

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: secret });
  account.mockReset().mockReturnValue({ name: 'Ada' });
  return () => db.destroy();
});

function createApp() {
  const sessions = createSessionsPlugin({ manager, authenticate: ({ username }) => ({ id: username }), account });
  const protectedProcedure = t.procedure.concat(sessions.authenticated);
  return t.router({
    auth: sessions.router,
    me: protectedProcedure.query(({ ctx }) => ctx.account),
    visitor: t.procedure.concat(sessions.optional).query(({ ctx }) => [ctx.userId, ctx.account?.name ?? null]),
    ticks: protectedProcedure.subscription(async function* () {
      yield 1;
      await new Promise(() => {});
    }),
  });
}

const as = (token: string): SessionsContext => ({
  caller: { token, ip: null, userAgent: null, clientHints: null },
});

async function signIn() {
  const { token, session } = await manager.issue({ userId: 'ada', claims: { plan: 'free' } });
  return { session, token, caller: createApp().createCaller(as(token)) };
}

describe('the option account', () => {
  test('gives ctx.account, and is asked with the user, the claims and the session', async () => {
    const { caller, session } = await signIn();
    expect(await caller.me()).toEqual({ name: 'Ada' });
    expect(account).toHaveBeenCalledExactlyOnceWith({
      userId: 'ada',
      claims: expect.objectContaining({ plan: 'free' }),
      session: expect.objectContaining({ id: session.id }),
    });
  });

  test.each([null, undefined])('refuses a caller whose account is %s, but not logout', async (answer) => {
    const { caller } = await signIn();
    account.mockReturnValue(answer as null);
    for (const call of [caller.me(), caller.auth.sessions.list(), caller.auth.sessions.current()]) {
      await expect(call).rejects.toMatchObject({ code: 'UNAUTHORIZED', cause: { reason: 'account_unavailable' } });
    }
    expect(await caller.visitor()).toEqual([null, null]);
    expect(await caller.auth.logout()).toEqual({ revoked: 1 });
  });

  test('challenges a refused caller', async () => {
    const { token } = await signIn();
    account.mockReturnValue(null);
    const appendHeader = vi.fn<(name: string, value: string) => void>();
    const ctx = sessionsContext({ req: { headers: { authorization: `Bearer ${token}` } }, res: { appendHeader } });
    await expect(createApp().createCaller(ctx).me()).rejects.toThrow('not available');
    expect(appendHeader).toHaveBeenCalledWith('www-authenticate', 'Bearer error="invalid_token"');
  });

  test('is not asked for a token that is refused', async () => {
    await expect(createApp().createCaller(as('nonsense')).me()).rejects.toThrow('not shaped');
    expect(account).not.toHaveBeenCalled();
  });

  test('is asked once for a batch, and each call has its own error', async () => {
    const { token } = await signIn();
    account.mockReturnValue(null);
    const ctx = sessionsContext({
      req: { headers: { authorization: `Bearer ${token}` } },
      info: { isBatchCall: true, calls: [{}, {}, {}] },
    });
    const { me, auth } = createApp().createCaller(ctx);
    const errors = await Promise.all([me(), auth.sessions.list(), me()].map((call) => call.catch((error) => error)));
    expect(account).toHaveBeenCalledOnce();
    expect(new Set(errors).size).toBe(3);
  });

  test.each<[string, Error, object]>([
    [
      'a bug of the app is a 500 without details',
      new Error('SELECT name FROM users WHERE id = 42'),
      { code: 'INTERNAL_SERVER_ERROR', message: 'The server failed to answer this call.' },
    ],
    [
      'a service that did not answer is a 503',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      { code: 'SERVICE_UNAVAILABLE', message: 'A service that this call needs did not answer: try again.' },
    ],
    [
      'an error that the app made passes',
      new TRPCError({ code: 'FORBIDDEN', message: 'Pay first.' }),
      { message: 'Pay first.' },
    ],
    [
      'a refusal of the app keeps its reason',
      new SessionError('fresh_session_required'),
      { code: 'FORBIDDEN', cause: { reason: 'fresh_session_required' } },
    ],
  ])('%s', async (_, error, expected) => {
    const { caller } = await signIn();
    account.mockRejectedValue(error);
    await expect(caller.me()).rejects.toMatchObject(expected);
    await expect(caller.visitor()).rejects.toMatchObject(expected);
  });

  describe('and an open stream', () => {
    /** Opens a stream. Returns a function that ends it. */
    async function open() {
      const { caller } = await signIn();
      const stream = await caller.ticks();
      const iterator = stream[Symbol.asyncIterator]();
      await iterator.next();
      const end = iterator.next().then(
        () => 'done',
        (error: { cause?: { reason?: string } }) => error.cause?.reason,
      );
      return { end };
    }

    test('ends when the account is rechecked and unavailable', async () => {
      const { end } = await open();
      account.mockReturnValue(null);
      await manager.recheckAccount('ada');
      expect(await end).toBe('account_unavailable');
    });

    test('ends when another process on the bus rechecks the account', async () => {
      const bus = localBus();
      manager = createSessionManager({ db, keys: secret, bus });
      const elsewhere = createSessionManager({ db, keys: secret, bus });
      const { end } = await open();
      account.mockReturnValue(null);
      await elsewhere.recheckAccount('ada');
      expect(await end).toBe('account_unavailable');
      await Promise.all([manager.close(), elsewhere.close()]);
    });

    test('ends within a minute without a recheck', async () => {
      vi.useFakeTimers();
      try {
        const { end } = await open();
        account.mockReturnValue(null);
        await vi.advanceTimersByTimeAsync(60_000);
        expect(await end).toBe('account_unavailable');
      } finally {
        vi.useRealTimers();
      }
    });

    test('goes on when the account is available, or when the app fails to answer', async () => {
      const { end } = await open();
      account.mockClear();
      await manager.recheckAccount('ada');
      await expect.poll(() => account.mock.calls).toHaveLength(1);
      account.mockRejectedValueOnce(new Error('users table is locked'));
      await manager.recheckAccount('ada');
      await expect.poll(() => account.mock.calls).toHaveLength(2);
      account.mockReturnValue(null);
      await manager.recheckAccount('ada');
      expect(await end).toBe('account_unavailable');
    });
  });

  test('has types that follow from its answer', () => {
    const { authenticated } = createSessionsPlugin({
      manager,
      authenticate: () => ({ id: 'ada', claims: { plan: 'free' } }),
      account: async ({ userId, claims }) => {
        expectTypeOf(claims.plan).toEqualTypeOf<string>();
        return userId === '' ? null : { name: userId };
      },
    });
    t.procedure.concat(authenticated).query(({ ctx }) => {
      expectTypeOf(ctx.account).toEqualTypeOf<{ name: string }>();
    });
    const without = createSessionsPlugin({ manager, authenticate: () => ({ id: 'ada' }) });
    t.procedure.concat(without.authenticated).query(({ ctx }) => {
      // @ts-expect-error there is no option account
      return ctx.account;
    });
  });
});

test('over a WebSocket, the account is asked for each call, and the socket of a disabled user is closed', async () => {
  const { token } = await signIn();
  const sent: string[] = [];
  const socket = { send: (text: string) => void sent.push(text), close() {}, once() {} };
  const { caller } = sessionsContext({
    req: { headers: {} },
    res: socket,
    info: { calls: [], connectionParams: { token } },
  });
  const { me } = createApp().createCaller({ caller });
  await me();
  await me();
  expect(account).toHaveBeenCalledTimes(2);
  account.mockReturnValue(null);
  await expect(me()).rejects.toMatchObject({ cause: { reason: 'account_unavailable' } });
  await manager.recheckAccount('ada');
  await expect.poll(() => sent).toEqual([expect.stringContaining('reconnect')]);
});

test('recheckAccount requires the id of a user', async () => {
  await expect(manager.recheckAccount('')).rejects.toThrow('userId: expected a text');
});
