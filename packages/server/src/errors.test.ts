import {
  createSessionManager,
  migrateToLatest,
  SessionError,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { initTRPC, TRPCError, type TRPCDefaultErrorShape } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { describe, expect, test } from 'vitest';
import { createErrorFormatter, type AppErrorFormatter } from './errors.ts';
import { createSessionsPlugin } from './plugin.ts';
import { sessionsContext, type SessionsContext } from './request/context.ts';
import { createMigratedDatabase } from './testing/migrated-database.ts';

interface Context extends SessionsContext {
  readonly requestId: string;
}

interface FormatterOptions {
  readonly shape: TRPCDefaultErrorShape;
  readonly ctx: Context | undefined;
}

const errorFormatter = ({ shape, ctx }: FormatterOptions) => ({
  ...shape,
  data: { ...shape.data, requestId: ctx?.requestId ?? null },
});

/** The errors of an app that has this formatter, and hands it to the plugin. */
async function errorOf(path: 'me' | 'auth.login' | 'auth.sessions.list', method: 'GET' | 'POST'): Promise<unknown> {
  const db = await createMigratedDatabase();
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  const sessions = createSessionsPlugin({ manager, authenticate: () => null, errorFormatter });
  const t = initTRPC.context<Context>().create({ errorFormatter });
  const me = t.procedure.concat(sessions.authenticated).query(() => 'me');
  const router = t.router({ auth: sessions.router, me });
  const request: RequestInit = { method, headers: { 'content-type': 'application/json' } };
  if (method === 'POST') request.body = JSON.stringify({ username: 'ada', password: 'x' });
  const response = await fetchRequestHandler({
    endpoint: '/trpc',
    req: new Request(`http://app/trpc/${path}`, request),
    router,
    createContext: (opts) => ({ ...sessionsContext(opts), requestId: 'r1' }),
  });
  return response.json();
}

test.each([
  ['me', 'GET', 'missing_token'],
  ['auth.sessions.list', 'GET', 'missing_token'],
  ['auth.login', 'POST', 'invalid_credentials'],
] as const)('the refusal of %s has the fields of the app’s formatter, too', async (path, method, reason) => {
  expect(await errorOf(path, method)).toMatchObject({
    error: { data: { code: 'UNAUTHORIZED', httpStatus: 401, path, requestId: 'r1', session: { reason } } },
  });
});

const shape: TRPCDefaultErrorShape = {
  message: 'refused',
  code: -32001,
  data: { code: 'UNAUTHORIZED', httpStatus: 401, stack: 'Error: at …' },
};

function format(error: TRPCError, appFormatter?: AppErrorFormatter) {
  return createErrorFormatter(appFormatter)({ error, shape, type: 'query', path: 'me', input: undefined, ctx: {} });
}

test('a formatter that fails leaves the refusal as tRPC formats it, without a stack', () => {
  const cause = new SessionError('too_many_attempts', { retryAfter: 30 });
  const error = new TRPCError({ code: 'TOO_MANY_REQUESTS', cause });
  const failing = () => {
    throw new Error('of the app');
  };
  const data = { code: 'UNAUTHORIZED', httpStatus: 401, session: { reason: 'too_many_attempts', retryAfter: 30 } };
  expect(format(error, failing)).toEqual({ ...shape, data });
  expect(format(error)).toEqual({ ...shape, data });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript returns anything
  const returning = (value: unknown) => (() => value) as AppErrorFormatter;
  expect(
    format(error, returning({ ...shape, data: Object.defineProperty({}, 'x', { enumerable: true, get: failing }) })),
  ).toEqual({ ...shape, data });
  expect(format(error, returning(Promise.reject(new Error('of the app'))))).toEqual({ ...shape, data });
  expect(format(error, returning(null))).toEqual({ ...shape, data });
});

test('an error that is no refusal is left to the app’s formatter', () => {
  expect(format(new TRPCError({ code: 'BAD_REQUEST' }), errorFormatter)).toBeUndefined();
});

describe('a fault that lasts is answered with 500, for it does not pass by a retry', () => {
  const ctx = { caller: { token: null, ip: null, userAgent: null, clientHints: null } };
  const ada = { username: 'ada', password: 'right' };
  const failed = { code: 'INTERNAL_SERVER_ERROR', message: 'The session store failed.' };
  const unavailable = { code: 'SERVICE_UNAVAILABLE', message: 'The session store did not answer: try again.' };

  async function createRouter(maxSessionsPerUser: SessionManagerOptions<unknown>['maxSessionsPerUser']) {
    const sqlite = new SqliteDatabase(':memory:');
    const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: sqlite }) });
    await migrateToLatest(db);
    const keys = 'a secret of more than thirty-two bytes';
    const manager = createSessionManager({ db, keys, maxSessionsPerUser });
    const { router } = createSessionsPlugin({ manager, authenticate: ({ username }) => ({ id: username }) });
    return { sqlite, router };
  }

  test.each<[string, Error | number, object]>([
    ['has a bug', new TypeError("Cannot read properties of undefined (reading 'plan')"), failed],
    ['has no answer', new Error('no plan'), failed],
    ['returns no number', Number.NaN, failed],
    ['cannot reach its service', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), unavailable],
    ['refuses', new SessionError('too_many_attempts'), { code: 'TOO_MANY_REQUESTS' }],
    ['has an error for the client', new TRPCError({ code: 'PAYMENT_REQUIRED' }), { code: 'PAYMENT_REQUIRED' }],
  ])('maxSessionsPerUser %s', async (_, result, answer) => {
    const { router } = await createRouter(() => {
      if (typeof result === 'number') return result;
      throw result;
    });
    await expect(router.createCaller(ctx).login(ada)).rejects.toMatchObject(answer);
  });

  test('a time in the table is none', async () => {
    const { router, sqlite } = await createRouter(10);
    const { token } = await router.createCaller(ctx).login(ada);
    const { sessions } = router.createCaller({ caller: { ...ctx.caller, token } });
    await sessions.list();
    sqlite.exec("update sessions set created_at = 'soon'");
    await expect(sessions.list()).rejects.toMatchObject(failed);
  });
});
