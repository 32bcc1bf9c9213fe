import { postRouter } from './post';
import { createTRPCRouter, sessions } from './trpc';

export const appRouter = createTRPCRouter({ auth: sessions.router, post: postRouter });
export type AppRouter = typeof appRouter;
