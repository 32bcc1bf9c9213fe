import { httpBatchLink } from '@trpc/client';
import { createTRPCNext } from '@trpc/next';
import type { AppRouter } from '../server/router';

const origin = () => (typeof window === 'undefined' ? `http://localhost:${process.env.PORT ?? 3000}` : '');

export const trpc = createTRPCNext<AppRouter>({
  config() {
    return {
      links: [httpBatchLink({ url: `${origin()}/api/trpc` })],
    };
  },
  ssr: false,
});
