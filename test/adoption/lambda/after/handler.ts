import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { awsLambdaRequestHandler } from '@trpc/server/adapters/aws-lambda';
import pg from 'pg';
import { z } from 'zod';
import { authenticate } from './users.js';

const db = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });
const created = db.query('create table if not exists posts (id serial primary key, body text not null)');

const manager = createSessionManager({ db, keys: process.env['SESSION_SECRET'], lastSeenWrites: 'inline' });
const sessions = createSessionsPlugin({ manager, authenticate, throttle: { store: 'database' } });
const t = initTRPC.context<SessionsContext>().create();
const protectedProcedure = t.procedure.concat(sessions.authenticated);
const appRouter = t.router({
  auth: sessions.router,
  posts: t.procedure.query(async () => {
    await created;
    const { rows } = await db.query<{ id: number; body: string }>('select * from posts');
    return rows;
  }),
  addPost: protectedProcedure.input(z.object({ body: z.string() })).mutation(async ({ input }) => {
    await db.query('insert into posts (body) values ($1)', [input.body]);
  }),
});
export type AppRouter = typeof appRouter;

export const handler = awsLambdaRequestHandler({ router: appRouter, createContext: (opts) => sessionsContext(opts) });
