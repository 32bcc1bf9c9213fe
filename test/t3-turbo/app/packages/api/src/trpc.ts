import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { ZodError } from 'zod';
import { db } from './db';
import { authenticate } from './users';

const manager = createSessionManager({ db, keys: process.env['SESSION_SECRET'] });
export const sessions = createSessionsPlugin({ manager, authenticate });

export const createTRPCContext = (opts: { req: Request; resHeaders: Headers }) => ({
  ...sessionsContext(opts, { cookie: true }),
  db,
  source: opts.req.headers.get('x-trpc-source') ?? 'unknown',
});

const t = initTRPC.context<typeof createTRPCContext>().create({
  transformer: superjson,
  errorFormatter: ({ shape, error: { cause } }) => ({
    ...shape,
    data: { ...shape.data, zodError: cause instanceof ZodError ? cause.issues : null },
  }),
});

const timing = t.middleware(async ({ next, path }) => {
  const start = Date.now();
  const result = await next();
  if (Date.now() - start > 10_000) console.warn(`${path} is slow`);
  return result;
});

export const createTRPCRouter = t.router;
export const publicProcedure = t.procedure.use(timing);
export const protectedProcedure = publicProcedure.concat(sessions.authenticated);
