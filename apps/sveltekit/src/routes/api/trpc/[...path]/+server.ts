import type { RequestHandler } from '@sveltejs/kit';
import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../../../../lib/server/sessions';

const handler: RequestHandler = ({ request, getClientAddress }) =>
  fetchRequestHandler({
    req: request,
    router: appRouter,
    endpoint: '/api/trpc',
    createContext: (opts) => sessionsContext(opts, { cookie: true, ip: getClientAddress() }),
  });

export { handler as GET, handler as POST };
