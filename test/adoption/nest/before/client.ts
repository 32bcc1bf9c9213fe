import { createTRPCClient, httpBatchLink } from '@trpc/client';
import type { AppRouter } from './router.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url })] });
