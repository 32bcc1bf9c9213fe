'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createSessionHooks, type InitialSession } from '@trpc-sessions/client/react';
import { createTRPCClient, httpBatchStreamLink } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { useState, type ReactNode } from 'react';
import type { AppRouter } from '../server/sessions';

const tokens = cookieTokenStore();
const client = createTRPCClient<AppRouter>({
  links: sessionLinks({ url: '/api/trpc', at: 'auth', tokens, batchLink: httpBatchStreamLink }),
});

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();
const { SessionProvider, useSession, useSessions } = createSessionHooks<typeof client.auth>();
export { useSession, useSessions };

export function Providers({ initialSession, children }: { initialSession: InitialSession; children: ReactNode }) {
  const [queryClient] = useState(() => new QueryClient({ defaultOptions: { queries: { staleTime: 30_000 } } }));
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        <SessionProvider client={client.auth} tokens={tokens} initialSession={initialSession}>
          {children}
        </SessionProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}
