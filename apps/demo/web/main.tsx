import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { SessionProvider } from '@trpc-sessions/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { tokens, trpc } from './trpc.ts';

const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: 1 },
    // Over a dead network, signing in fails at once instead of waiting unseen.
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SessionProvider client={trpc} tokens={tokens} live>
        <App />
      </SessionProvider>
    </QueryClientProvider>
  </StrictMode>,
);
