import { createTRPCClient, httpBatchLink } from '@trpc/client';
import type { AppRouter } from './server.js';
import { storage } from './storage.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url })] });

export async function addDraft(body: string): Promise<void> {
  await storage.setItem('draft', body);
  await trpc.addPost.mutate({ body });
  await storage.removeItem('draft');
}
