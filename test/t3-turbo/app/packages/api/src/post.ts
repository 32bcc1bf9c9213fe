import { z } from 'zod';
import { protectedProcedure, publicProcedure } from './trpc';

interface Post {
  id: number;
  body: string;
}

export const postRouter = {
  all: publicProcedure.query(({ ctx }) => ctx.db.prepare<[], Post>('select * from posts').all()),
  create: protectedProcedure.input(z.object({ body: z.string() })).mutation(({ ctx, input }) => {
    ctx.db.prepare('insert into posts (body) values (?)').run(input.body);
    return { source: ctx.source };
  }),
};
