import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../../../../server/sessions';

function handler(req: Request) {
  return fetchRequestHandler({
    req,
    router: appRouter,
    endpoint: '/api/trpc',
    createContext: (opts) => sessionsContext(opts, { cookie: true }),
  });
}

export { handler as GET, handler as POST };
