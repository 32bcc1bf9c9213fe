import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import Database from 'better-sqlite3';
import { Hono } from 'hono';
import { z } from 'zod';
import { authenticate } from './users.js';

const db = new Database('app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');

const manager = createSessionManager({ db, keys: process.env['SESSION_SECRET'] });
const sessions = createSessionsPlugin({ manager, authenticate });
const t = initTRPC.context<SessionsContext>().create();
const protectedProcedure = t.procedure.concat(sessions.authenticated);
const appRouter = t.router({
  auth: sessions.router,
  posts: t.procedure.query(() => db.prepare<[], { id: number; body: string }>('select * from posts').all()),
  addPost: protectedProcedure.input(z.object({ body: z.string() })).mutation(({ input }) => {
    db.prepare('insert into posts (body) values (?)').run(input.body);
  }),
});
export type AppRouter = typeof appRouter;

const app = new Hono();
app.use('/trpc/*', (c) =>
  fetchRequestHandler({
    req: c.req.raw,
    router: appRouter,
    endpoint: '/trpc',
    createContext: (opts) => sessionsContext(opts, { ip: getConnInfo(c).remote.address }),
  }),
);
void migrateToLatest(db).then(() => serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000) }));
