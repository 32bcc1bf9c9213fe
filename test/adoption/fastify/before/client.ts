import { createTRPCClient, createWSClient, httpBatchLink, splitLink, wsLink } from '@trpc/client';
import type { AppRouter } from './server.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const trpc = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: wsLink({ client: createWSClient({ url: url.replace('http', 'ws'), lazy: { enabled: true, closeMs: 0 } }) }),
      false: httpBatchLink({ url }),
    }),
  ],
});
