import { appRouter, createTRPCContext } from '@acme/api';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';

const handler = (req: Request) =>
  fetchRequestHandler({ req, router: appRouter, endpoint: '/api/trpc', createContext: createTRPCContext });

export { handler as GET, handler as POST };
