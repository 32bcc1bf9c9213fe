import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createSessionHooks, type InitialSession } from '@trpc-sessions/client/react';
import { useRouter } from '@tanstack/react-router';
import { createTRPCClient } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { useState, type ReactNode } from 'react';
import type { AppRouter } from './server/sessions';

const tokens = cookieTokenStore();
const client = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/api/trpc', at: 'auth', tokens }) });

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();
const { SessionProvider, useSession, useSessions } = createSessionHooks<typeof client.auth>();
export { useSession, useSessions };

export function Providers({ initialSession, children }: { initialSession: InitialSession; children: ReactNode }) {
  const [queryClient] = useState(() => new QueryClient());
  const router = useRouter();
  const leave = () => void router.invalidate();
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        <SessionProvider client={client.auth} tokens={tokens} initialSession={initialSession} live onSignedOut={leave}>
          {children}
        </SessionProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}
