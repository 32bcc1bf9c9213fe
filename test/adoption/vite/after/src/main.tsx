import { QueryClientProvider } from '@tanstack/react-query';
import { SessionProvider } from '@trpc-sessions/client/react';
import { createRoot } from 'react-dom/client';
import { Page } from './page.js';
import { queryClient, tokens, trpcClient, TRPCProvider } from './trpc.js';

createRoot(document.querySelector('#root')!).render(
  <QueryClientProvider client={queryClient}>
    <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
      <SessionProvider client={trpcClient.auth} tokens={tokens}>
        <Page />
      </SessionProvider>
    </TRPCProvider>
  </QueryClientProvider>,
);
