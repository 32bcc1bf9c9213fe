import { createFileRoute } from '@tanstack/react-router';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../../../server/router';

const handler = ({ request }: { request: Request }) =>
  fetchRequestHandler({
    req: request,
    router: appRouter,
    endpoint: '/api/trpc',
  });

export const Route = createFileRoute('/api/trpc/$')({ server: { handlers: { GET: handler, POST: handler } } });
