import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from './server/sessions';

export const tokens = cookieTokenStore();
export const trpc = createTRPCClient<AppRouter>({ links: sessionLinks({ url: '/api/trpc', at: 'auth', tokens }) });
