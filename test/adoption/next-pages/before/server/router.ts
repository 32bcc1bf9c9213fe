import { initTRPC } from '@trpc/server';
import Database from 'better-sqlite3';
import { z } from 'zod';

const db = new Database('app.db');
db.exec('create table if not exists posts (id integer primary key, body text not null)');

const t = initTRPC.create();
export const appRouter = t.router({
  posts: t.procedure.query(() => db.prepare<[], { id: number; body: string }>('select * from posts').all()),
  addPost: t.procedure.input(z.object({ body: z.string() })).mutation(({ input }) => {
    db.prepare('insert into posts (body) values (?)').run(input.body);
  }),
});
export type AppRouter = typeof appRouter;
