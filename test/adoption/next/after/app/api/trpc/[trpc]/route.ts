import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../../../../server/router';

const handler = (req: Request) =>
  fetchRequestHandler({
    req,
    router: appRouter,
    endpoint: '/api/trpc',
    createContext: (opts) => sessionsContext(opts, { cookie: true }),
  });

export { handler as GET, handler as POST };
