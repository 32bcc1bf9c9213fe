import { createFileRoute } from '@tanstack/react-router';
import { getRequestIP } from '@tanstack/react-start/server';
import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../../../server/sessions';

const handler = ({ request }: { request: Request }) =>
  fetchRequestHandler({
    req: request,
    router: appRouter,
    endpoint: '/api/trpc',
    createContext: (opts) => sessionsContext(opts, { cookie: true, ip: getRequestIP() ?? null }),
  });

export const Route = createFileRoute('/api/trpc/$')({ server: { handlers: { GET: handler, POST: handler } } });
