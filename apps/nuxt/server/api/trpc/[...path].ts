import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';

export default defineEventHandler((event) => {
  // Nitro does not end a stream whose client has gone: tRPC does, by this signal.
  const gone = new AbortController();
  event.node.res.once('close', () => gone.abort());
  return fetchRequestHandler({
    req: new Request(toWebRequest(event), { signal: gone.signal }),
    router: appRouter,
    endpoint: '/api/trpc',
    // A call that is made while a page renders has no address: the session keeps the one it has.
    createContext: (opts) => sessionsContext(opts, { cookie: true, ip: getRequestIP(event) ?? null }),
  });
});
