import { fetchRequestHandler } from '@trpc/server/adapters/fetch';

export default defineEventHandler((event) =>
  fetchRequestHandler({
    req: toWebRequest(event),
    router: appRouter,
    endpoint: '/api/trpc',
  }),
);
