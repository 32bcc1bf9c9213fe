import type { RequestEvent } from '@sveltejs/kit';
import { createSessionManager, localBus } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import SQLite from 'better-sqlite3';

export const db = new SQLite(process.env.DATABASE_FILE ?? 'app.db');
export const manager = createSessionManager({ db, keys: process.env.SESSION_SECRET, bus: localBus() });

const hash = hashPassword('lovelace'); // your users
export const sessions = createSessionsPlugin({
  manager,
  authenticate: async ({ username, password }, request) =>
    username === 'ada' && (await verifyPassword(password, await hash, request))
      ? { id: username, claims: { username } }
      : null,
});

const t = initTRPC.context<SessionsContext>().create();
export const appRouter = t.router({
  auth: sessions.router,
  hello: t.procedure.concat(sessions.authenticated).query(({ ctx }) => `Hello, ${ctx.claims.username}`),
});
export type AppRouter = typeof appRouter;

/** The context of a load function or a form action: the cookie goes into the jar of SvelteKit. */
export function contextOf({ request, cookies, getClientAddress }: RequestEvent): SessionsContext {
  return sessionsContext(
    { req: request, info: { isBatchCall: true } },
    { ip: getClientAddress(), cookie: { write: (...cookie) => cookies.set(...cookie) } },
  );
}
