import { QueryClient } from '@tanstack/react-query';
import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import type { AppRouter } from '../server.js';

export const queryClient = new QueryClient();
export const tokens = localStorageTokenStore();
export const trpcClient = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/trpc', at: 'auth', tokens }) });
export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();
