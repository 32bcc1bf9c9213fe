import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';

export default defineEventHandler((event) =>
  fetchRequestHandler({
    req: toWebRequest(event),
    router: appRouter,
    endpoint: '/api/trpc',
    createContext: (opts) => sessionsContext(opts, { cookie: true, ip: getRequestIP(event) ?? null }),
  }),
);
