import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { SessionProvider } from '@trpc-sessions/client/react';
import { createTRPCClient } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { useState, type ReactNode } from 'react';
import type { AppRouter } from './server/router';

const tokens = cookieTokenStore();
const trpcClient = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/api/trpc', at: 'auth', tokens }) });
export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(() => new QueryClient());
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        <SessionProvider client={trpcClient.auth} tokens={tokens}>
          {children}
        </SessionProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}
