import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { authenticate } from './users.js';

export const db = new Database('app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');

const manager = createSessionManager({ db, keys: process.env['SESSION_SECRET'] });
const sessions = createSessionsPlugin({ manager, authenticate });
const t = initTRPC.context<SessionsContext>().create();
const protectedProcedure = t.procedure.concat(sessions.authenticated);
export const appRouter = t.router({
  auth: sessions.router,
  posts: t.procedure.query(() => db.prepare<[], { id: number; body: string }>('select * from posts').all()),
  addPost: protectedProcedure.input(z.object({ body: z.string() })).mutation(({ input }) => {
    db.prepare('insert into posts (body) values (?)').run(input.body);
  }),
});
export type AppRouter = typeof appRouter;
