import type { AppRouter } from '@acme/api';
import { QueryClient } from '@tanstack/react-query';
import { sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient, loggerLink } from '@trpc/client';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import superjson from 'superjson';
import { getBaseUrl } from './base-url';
import { tokens } from './session-store';

export const queryClient = new QueryClient();

export const client = createTRPCClient<AppRouter>({
  links: [
    loggerLink({ enabled: () => false }),
    ...sessionLinks<AppRouter>({
      at: 'auth',
      tokens,
      transformer: superjson,
      url: `${getBaseUrl()}/api/trpc`,
      headers() {
        const headers = new Map<string, string>();
        headers.set('x-trpc-source', 'expo-react');
        return headers;
      },
    }),
  ],
});

export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient });
