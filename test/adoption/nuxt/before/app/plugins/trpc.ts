import { createTRPCClient, httpBatchLink } from '@trpc/client';
import type { AppRouter } from '~~/server/utils/router';

export default defineNuxtPlugin(() => {
  // While a page renders, calls stay in the process.
  const fetch = (useRequestEvent()?.fetch ?? globalThis.fetch) as typeof globalThis.fetch;
  const trpc = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '/api/trpc', fetch })] });
  return { provide: { trpc } };
});
