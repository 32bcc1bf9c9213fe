import {
  createSessionManager,
  SessionError,
  type SessionManager,
  type SessionManagerOptions,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { setImmediate as turn } from 'node:timers/promises';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import superjson from 'superjson';
import { sqliteReusingStatements, type TestDatabase } from './database.ts';

export const secret = 'a secret of more than thirty-two bytes';

/** On a busy machine a database is slow, not silent. */
export const databaseTimeout = '2m';

/** An endless stream. */
async function* ticks(): AsyncGenerator<number, void> {
  for (let n = 0; ; n += 1) {
    yield n;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** An app as it was before sessions: with its own transformer, error formatter and middleware. */
export function createAppRouter(manager: SessionManager) {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) => (password === 'right' ? { id: username, claims: { username } } : null),
  });
  const t = initTRPC.context<SessionsContext>().create({
    transformer: superjson,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, app: 'formatted' } }),
  });
  const timed = t.procedure.use(async ({ next, batchIndex }) => {
    // The calls of a batch reach the session at different times.
    for (let n = 0; n < batchIndex; n += 1) await turn();
    return next();
  });
  const protectedProcedure = timed.concat(sessions.authenticated);
  return t.router({
    auth: sessions.router,
    open: t.procedure.query(() => 'anyone'),
    me: protectedProcedure.query(({ ctx }) => ({ userId: ctx.userId, since: ctx.session.createdAt })),
    broken: protectedProcedure.query(() => {
      throw new Error('of the app');
    }),
    count: protectedProcedure.subscription(async function* () {
      for (let n = 1; n <= 3; n += 1) {
        await Promise.resolve();
        yield n;
      }
    }),
    ticks: protectedProcedure.subscription(ticks),
    streamed: protectedProcedure.query(ticks),
    nested: protectedProcedure.query(() => ({ direct: ticks(), later: Promise.resolve({ deep: ticks() }) })),
    silent: protectedProcedure.subscription(async function* ({ signal }) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      yield 0;
    }),
    observed: protectedProcedure.subscription(() =>
      observable<number>((observer) => {
        const timer = setInterval(() => observer.next(0), 10);
        return () => clearInterval(timer);
      }),
    ),
    stale: protectedProcedure.subscription(async function* () {
      yield 0;
      await Promise.resolve();
      throw new SessionError('fresh_session_required');
    }),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;

export interface TestApp extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly manager: SessionManager;
  readonly router: AppRouter;
}

/** The app with its own database. */
export async function createTestApp(options: Partial<SessionManagerOptions<SessionsDatabase>> = {}): Promise<TestApp> {
  const database = await sqliteReusingStatements.create();
  const manager = createSessionManager({ db: database.db, keys: secret, ...options });
  return {
    database,
    manager,
    router: createAppRouter(manager),
    async [Symbol.asyncDispose]() {
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}
