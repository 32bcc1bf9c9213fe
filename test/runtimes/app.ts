import {
  createSessionManager,
  localBus,
  memoryCache,
  type AppDatabase,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';

/** Checks a password. Its hash differs: the packages of password hashes are not built for every runtime. */
export type CheckPassword = (password: string) => Promise<boolean>;

/** An app for every runtime. It must be possible to create it while a module loads. */
export function createRuntimeRouter(db: AppDatabase<SessionsDatabase>, checkPassword: CheckPassword) {
  const manager = createSessionManager({
    db,
    keys: 'a secret of more than thirty-two bytes',
    idleTimeout: '1h',
    // Each request has a last-seen write.
    touchInterval: '0s',
    cache: memoryCache({ max: 1000 }),
    bus: localBus(),
  });
  manager.on('fault', ({ task, error }) => console.error(task, error));
  const sessions = createSessionsPlugin({
    manager,
    authenticate: async ({ username, password }) =>
      (await checkPassword(password)) ? { id: username, claims: { username } } : null,
    locate: () => 'Wellington',
  });
  const t = initTRPC.context<SessionsContext>().create();
  return t.router({
    auth: sessions.router,
    hello: t.procedure.concat(sessions.authenticated).query(({ ctx }) => `Hello, ${ctx.userId}`),
  });
}

/** The type of the app. */
export type RuntimeRouter = ReturnType<typeof createRuntimeRouter>;
