import {
  createSessionManager,
  SessionError,
  type SessionManager,
  type SessionManagerOptions,
} from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createSessionsPlugin } from '../plugin.ts';
import { sessionsContext } from '../request/context.ts';
import type { Authenticate, PasswordCredentials } from './login.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

let db: Kysely<object>;
let manager: SessionManager;

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  return () => db.destroy();
});

const byHand = { caller: { token: null, ip: null, userAgent: null, clientHints: null } };
const ada = { username: 'ada', password: 'right' };

function throwSecret(): never {
  throw new Error('secret');
}

function loginWith(authenticate: Authenticate<PasswordCredentials, object>) {
  return createSessionsPlugin({ manager, authenticate }).router;
}

test.each<[string, Partial<SessionManagerOptions<object>>]>([
  ['the clock', { clock: throwSecret }],
  ['the function of the keys', { keys: throwSecret }],
])('an error of %s is a 500 with a text of ours', async (_, options) => {
  const failing = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', ...options });
  const { router } = createSessionsPlugin({ manager: failing, authenticate: () => ({ id: 'ada' }) });
  await expect(router.createCaller(byHand).login(ada)).rejects.toMatchObject({
    code: 'INTERNAL_SERVER_ERROR',
    message: 'The session store failed.',
  });
});

test('claims that are no object are refused, and write no session', async () => {
  for (const claims of ['admin', ['admin']] as unknown[])
    await expect(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript returns anything
      loginWith(() => ({ id: 'ada', claims: claims as object }))
        .createCaller(byHand)
        .login(ada),
    ).rejects.toThrow('claims: expected an object');
  expect(await manager.list('ada')).toEqual([]);
});

describe('an error of the app’s authenticate', () => {
  const unavailable = {
    code: 'SERVICE_UNAVAILABLE',
    message: 'A service that this call needs did not answer: try again.',
  };
  const failed = { code: 'INTERNAL_SERVER_ERROR', message: 'The server failed to answer this call.' };
  const down = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  const nul = Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code: '22021' });
  const bug = new TypeError("Cannot read properties of undefined (reading 'passwordHash')");

  test.each<[string, Error, object]>([
    ['is a 503 with a text of ours when a database is down', down, unavailable],
    ['is a 500 with a text of ours when a database refuses the text', nul, failed],
    ['is a 500 with a text of ours when it is a bug', bug, failed],
  ])('%s, and keeps its cause', async (_, error, shape) => {
    for (const authenticate of [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ]) {
      const call = loginWith(authenticate).createCaller(byHand).login(ada);
      await expect(call).rejects.toMatchObject({ ...shape, cause: error });
    }
  });

  test('is a fault, too, when reading its claims throws', async () => {
    const claims = {
      get name(): string {
        throw down;
      },
    };
    const call = loginWith(() => ({ id: 'ada', claims }))
      .createCaller(byHand)
      .login(ada);
    await expect(call).rejects.toMatchObject({ ...unavailable, cause: down });
  });

  test.each<[string, unknown]>([
    ['a proxy', new Proxy({}, { getPrototypeOf: () => throwSecret(), get: () => throwSecret() })],
    ['an error whose message throws', Object.defineProperty(new Error('x'), 'message', { get: throwSecret })],
    ['a symbol', Symbol('secret')],
    ['nothing', undefined],
  ])('is a 500 with a text of ours when it is %s', async (_, thrown) => {
    const call = loginWith(() => Promise.reject(thrown))
      .createCaller(byHand)
      .login(ada);
    await expect(call).rejects.toMatchObject(failed);
  });

  test('passes when the app made it for the client', async () => {
    const own = new TRPCError({ code: 'PRECONDITION_FAILED', message: 'Confirm your address first.' });
    await expect(
      loginWith(() => Promise.reject(own))
        .createCaller(byHand)
        .login(ada),
    ).rejects.toBe(own);
    const refusal = new SessionError('too_many_attempts', { retryAfter: 30 });
    await expect(
      loginWith(() => Promise.reject(refusal))
        .createCaller(byHand)
        .login(ada),
    ).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      cause: refusal,
    });
  });

  test('is treated the same when the app’s form throws it', async () => {
    const login = (error: Error) => {
      const credentials = z.object({ code: z.string() }).refine(async () => {
        throw error;
      });
      const { router } = createSessionsPlugin({ manager, authenticate: () => null, credentials });
      return router.createCaller(byHand).login({ code: '42' });
    };
    await expect(login(down)).rejects.toMatchObject({ ...unavailable, cause: down });
    await expect(login(bug)).rejects.toMatchObject({ ...failed, cause: bug });
    await expect(login(new SessionError('captcha_required'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

test.each([
  ['a NUL in the name', { username: 'ada\0', password: 'x' }, 'username'],
  ['a lone surrogate in the name', { username: 'ada\uD800', password: 'x' }, 'username'],
  ['a NUL in the password', { username: 'ada', password: 'x\0' }, 'password'],
])('login refuses %s before it authenticates', async (_, credentials, name) => {
  const authenticate = vi.fn(() => null);
  await expect(loginWith(authenticate).createCaller(byHand).login(credentials)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: `${name}: expected a text without NUL characters and lone surrogates`,
  });
  expect(authenticate).not.toHaveBeenCalled();
});

describe('a login whose caller has gone', () => {
  test('aborts the signal of authenticate, and writes no session', async () => {
    const controller = new AbortController();
    const { promise: started, resolve: start } = Promise.withResolvers<AbortSignal>();
    const router = loginWith(async (_credentials, { signal }) => {
      start(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { id: 'ada' };
    });
    const call = router.createCaller(byHand, { signal: controller.signal }).login(ada);
    const signal = await started;
    expect(signal.aborted).toBe(false);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
    expect(await manager.list('ada')).toEqual([]);
  });

  test('is noticed over a WebSocket too, whose calls have no signal of their own', async () => {
    const connection = new AbortController();
    const router = loginWith((_credentials, { signal }) => {
      connection.abort();
      expect(signal.aborted).toBe(true);
      return { id: 'ada' };
    });
    const ctx = sessionsContext({
      req: { headers: {} },
      res: { send() {}, close() {}, once() {} },
      info: { calls: [], signal: connection.signal },
    });
    await expect(router.createCaller(ctx).login(ada)).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
  });
});

describe('one login at a time', () => {
  const refused = { code: 'BAD_REQUEST', message: 'A batch may hold one login: send each other by itself.' };

  test('a batch may hold one login, beside any queries', async () => {
    const authenticate = vi.fn(() => ({ id: 'ada' }));
    const ctx = sessionsContext({ req: { headers: {} }, info: { isBatchCall: true, calls: [{}, {}, {}] } });
    const { login, sessions } = loginWith(authenticate).createCaller(ctx);
    const [first, second, list] = await Promise.allSettled([login(ada), login(ada), sessions.list()]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ reason: refused });
    expect(list).toMatchObject({ reason: { cause: { reason: 'missing_token' } } });
    await expect(login(ada)).rejects.toMatchObject(refused);
    expect(authenticate).toHaveBeenCalledOnce();
  });

  test('a WebSocket may sign in again once its login is over, but not meanwhile', async () => {
    const ctx = sessionsContext({
      req: { headers: {} },
      res: { send() {}, close() {}, once() {} },
      info: { calls: [] },
    });
    const { login } = loginWith(({ password }) => (password === 'right' ? { id: 'ada' } : null)).createCaller(ctx);
    const wrong = login({ ...ada, password: 'wrong' });
    await expect(login(ada)).rejects.toMatchObject(refused);
    await expect(wrong).rejects.toMatchObject({ cause: { reason: 'invalid_credentials' } });
    expect(await login(ada)).toHaveProperty('token');
  });
});
