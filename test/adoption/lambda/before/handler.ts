import { initTRPC } from '@trpc/server';
import { awsLambdaRequestHandler } from '@trpc/server/adapters/aws-lambda';
import pg from 'pg';
import { z } from 'zod';

const db = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });
const created = db.query('create table if not exists posts (id serial primary key, body text not null)');

const t = initTRPC.create();
const appRouter = t.router({
  posts: t.procedure.query(async () => {
    await created;
    const { rows } = await db.query<{ id: number; body: string }>('select * from posts');
    return rows;
  }),
  addPost: t.procedure.input(z.object({ body: z.string() })).mutation(async ({ input }) => {
    await db.query('insert into posts (body) values ($1)', [input.body]);
  }),
});
export type AppRouter = typeof appRouter;

export const handler = awsLambdaRequestHandler({ router: appRouter });
