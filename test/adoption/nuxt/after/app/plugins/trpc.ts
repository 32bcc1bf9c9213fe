import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '~~/server/utils/router';

export default defineNuxtPlugin(() => {
  // While a page renders, calls stay in the process.
  const fetch = (useRequestEvent()?.fetch ?? globalThis.fetch) as typeof globalThis.fetch;
  const tokens = cookieTokenStore();
  const links = sessionLinks({ url: '/api/trpc', at: 'auth', tokens, fetch });
  const trpc = createTRPCClient<AppRouter>({ links });
  return { provide: { trpc, tokens } };
});
