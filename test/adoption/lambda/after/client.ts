import { memoryTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from './handler.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const tokens = memoryTokenStore();
export const trpc = createTRPCClient<AppRouter>({ links: sessionLinks({ url, at: 'auth', tokens }) });
