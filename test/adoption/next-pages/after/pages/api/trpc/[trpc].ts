import { sessionsContext } from '@trpc-sessions/server';
import { createNextApiHandler } from '@trpc/server/adapters/next';
import { appRouter } from '../../../server/router';

export default createNextApiHandler({
  router: appRouter,
  createContext: (opts) => sessionsContext(opts, { cookie: true }),
});
