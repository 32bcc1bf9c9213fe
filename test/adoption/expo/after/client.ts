import { asyncTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from './server.js';
import { storage } from './storage.js';

const url = `http://localhost:${process.env['PORT'] ?? 3000}/trpc`;
export const tokens = asyncTokenStore(storage);
export const trpc = createTRPCClient<AppRouter>({ links: sessionLinks({ url, at: 'auth', tokens }) });

export async function addDraft(body: string): Promise<void> {
  await storage.setItem('draft', body);
  await trpc.addPost.mutate({ body });
  await storage.removeItem('draft');
}
