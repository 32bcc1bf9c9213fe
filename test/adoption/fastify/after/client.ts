import { memoryTokenStore, sessionHeaders, sessionLink, sessionWsLink } from '@trpc-sessions/client';
import { createTRPCClient, httpBatchLink, splitLink } from '@trpc/client';
import type { AppRouter } from './server.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const tokens = memoryTokenStore();
export const trpc = createTRPCClient<AppRouter>({
  links: [
    sessionLink({ at: 'auth', tokens }),
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: sessionWsLink({ url: url.replace('http', 'ws'), tokens }),
      false: httpBatchLink({ url, headers: sessionHeaders(tokens) }),
    }),
  ],
});
