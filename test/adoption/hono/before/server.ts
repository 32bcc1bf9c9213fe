import { serve } from '@hono/node-server';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import Database from 'better-sqlite3';
import { Hono } from 'hono';
import { z } from 'zod';

const db = new Database('app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');

const t = initTRPC.create();
const appRouter = t.router({
  posts: t.procedure.query(() => db.prepare<[], { id: number; body: string }>('select * from posts').all()),
  addPost: t.procedure.input(z.object({ body: z.string() })).mutation(({ input }) => {
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
  }),
);
serve({ fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000) });
