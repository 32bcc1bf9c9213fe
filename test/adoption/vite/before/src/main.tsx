import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { Page } from './page.js';
import { queryClient, trpcClient, TRPCProvider } from './trpc.js';

createRoot(document.querySelector('#root')!).render(
  <QueryClientProvider client={queryClient}>
    <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
      <Page />
    </TRPCProvider>
  </QueryClientProvider>,
);
