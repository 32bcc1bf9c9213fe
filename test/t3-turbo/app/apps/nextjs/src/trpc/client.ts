import type { AppRouter } from '@acme/api';
import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient, httpBatchStreamLink, loggerLink } from '@trpc/client';
import superjson from 'superjson';

export const tokens = cookieTokenStore();
export const trpcClient = createTRPCClient<AppRouter>({
  links: [
    loggerLink({ enabled: () => false }),
    ...sessionLinks<AppRouter>({
      at: 'auth',
      tokens,
      batchLink: httpBatchStreamLink,
      transformer: superjson,
      url: `${window.location.origin}/api/trpc`,
      headers() {
        const headers = new Headers();
        headers.set('x-trpc-source', 'nextjs-react');
        return headers;
      },
    }),
  ],
});
