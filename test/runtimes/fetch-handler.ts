import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { RuntimeRouter } from './app.ts';

/** Serves the app as Bun, Deno and Cloudflare Workers call it. */
export function createFetchHandler(router: RuntimeRouter): (request: Request) => Promise<Response> {
  return (req) =>
    fetchRequestHandler({
      endpoint: '',
      req,
      router,
      createContext: (opts) => sessionsContext(opts),
      onError: ({ error }) => {
        if (error.cause !== undefined && error.code !== 'UNAUTHORIZED') console.error(error.cause);
      },
    });
}
