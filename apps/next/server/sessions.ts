import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

// Next.js loads this module several times in one process, and while it builds. Its database is opened once, by the first query.
async function open() {
  const database = new SQLite(process.env.DATABASE_FILE ?? 'app.db');
  database.pragma('journal_mode = wal');
  return database;
}

const shared = globalThis as { db?: Kysely<SessionsDatabase> };
export const db = (shared.db ??= new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: open }) }));

export const manager = createSessionManager({ db, keys: process.env.SESSION_SECRET });

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
