/*
 * An app that publishes the types of its router, as a library or a monorepo package does. Compiled with `declaration`,
 * every type that shows up in it must be nameable from our index (TS2742, TS4023, TS7056).
 */
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC, type inferRouterInputs, type inferRouterOutputs } from '@trpc/server';
import type { CreateExpressContextOptions } from '@trpc/server/adapters/express';
import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify';
import type { FetchCreateContextFnOptions } from '@trpc/server/adapters/fetch';
import type { CreateHTTP2ContextOptions, CreateHTTPContextOptions } from '@trpc/server/adapters/standalone';
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws';
import type SqliteDatabase from 'better-sqlite3';
import type { Kysely, Transaction } from 'kysely';
import type { Pool as MysqlPool } from 'mysql2';
import type { Pool as MysqlPromisePool } from 'mysql2/promise';
import type { Pool as PostgresPool } from 'pg';
import superjson from 'superjson';
import { z } from 'zod';

interface Database extends SessionsDatabase {
  posts: { id: number; title: string };
}

interface Context extends SessionsContext {
  db: Kysely<Database>;
}

/** Any Kysely is accepted without a cast: one whose types do not know the table, too. */
export const makeManagers = (own: Kysely<Database>, other: Kysely<{ posts: { id: number } }>) => [
  createSessionManager({ db: own, keys: '' }),
  createSessionManager({ db: other, keys: '', table: 'auth.sessions' }),
];

/** So is a database as its driver has it. */
export const makeManagersOfDrivers = (
  db: SqliteDatabase.Database | PostgresPool | MysqlPool | MysqlPromisePool,
  readDb: SqliteDatabase.Database,
) => {
  const manager = createSessionManager({ db, readDb, keys: '' });
  const change = (trx: Transaction<Database>) => trx.deleteFrom('posts').execute();
  return { migrated: migrateToLatest(db), changed: manager.changeCredentials({ userId: 'ada' }, change) };
};

export const makeRouters = (db: Kysely<Database>) => {
  const manager = createSessionManager({ db, keys: '', lifetime: '30d', maxSessionsPerUser: async () => 3 });
  const sessions = createSessionsPlugin({
    manager,
    credentials: z.object({ email: z.email(), password: z.string() }),
    authenticate: async ({ email }) => ({ id: email, claims: { email, roles: ['reader'] } }),
  });
  const t = initTRPC
    .context<Context>()
    .meta<{ roles?: string[] }>()
    .create({
      transformer: superjson,
      errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, app: true } }),
    });
  const protectedProcedure = t.procedure.concat(sessions.authenticated);
  const posts = t.router({
    own: protectedProcedure
      .meta({ roles: ['reader'] })
      .input(z.object({ search: z.string() }))
      .query(({ ctx, input }) => ({
        by: ctx.claims.email,
        roles: ctx.claims.roles,
        search: input.search,
        db: ctx.db !== undefined,
      })),
  });
  const plain = initTRPC.context<Context>().create();
  return {
    nested: t.router({ auth: sessions.router, posts }),
    merged: plain.mergeRouters(plain.router({ open: plain.procedure.query(() => 1) }), sessions.router),
    protectedProcedure,
  };
};

/** A plugin with a property of its own in the context, which also holds the app's user. */
export const makeKeyedRouter = (db: Kysely<Database>) => {
  const sessions = createSessionsPlugin({
    manager: createSessionManager({ db, keys: '' }),
    authenticate: async ({ username }) => ({ id: username, claims: { roles: ['reader'] } }),
    account: async ({ claims }) => ({ isReader: claims.roles.includes('reader') }),
    admin: ({ account }) => account.isReader,
    contextKey: 'auth',
  });
  const t = initTRPC.context<Context & { session: string }>().create();
  const visitorProcedure = t.procedure.concat(sessions.optional);
  const router = t.router({
    auth: sessions.router,
    me: t.procedure.concat(sessions.authenticated).query(({ ctx }) => ({ ...ctx.auth.account, theirs: ctx.session })),
    visitor: visitorProcedure.query(({ ctx }) => ctx.auth.userId),
  });
  return { router, visitorProcedure, signIn: sessions.signIn, sessions };
};

export type NestedRouter = ReturnType<typeof makeRouters>['nested'];
export type MergedRouter = ReturnType<typeof makeRouters>['merged'];
export type LoginInput = inferRouterInputs<NestedRouter>['auth']['login'];
export type Listed = inferRouterOutputs<MergedRouter>['sessions']['list'];

/** `sessionsContext` accepts the options of every adapter's `createContext`. */
export const contexts = [
  (opts: CreateHTTPContextOptions) => sessionsContext(opts),
  (opts: CreateHTTP2ContextOptions) => sessionsContext(opts),
  (opts: CreateExpressContextOptions) => sessionsContext(opts, { trustProxy: 'loopback' }),
  (opts: CreateFastifyContextOptions) => sessionsContext(opts, { trustProxy: ['10.0.0.0/8'] }),
  (opts: FetchCreateContextFnOptions) => sessionsContext(opts, { ip: null }),
  (opts: CreateWSSContextFnOptions) => sessionsContext(opts, { trustProxy: 1 }),
];
