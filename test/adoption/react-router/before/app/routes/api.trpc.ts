import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { appRouter } from '../server/router';

const handler = ({ request }: { request: Request }) =>
  fetchRequestHandler({
    req: request,
    router: appRouter,
    endpoint: '/api/trpc',
  });

export { handler as loader, handler as action };
