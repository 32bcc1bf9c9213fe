import { cookieTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCNext } from '@trpc/next';
import type { AppRouter } from '../server/router';

const origin = () => (typeof window === 'undefined' ? `http://localhost:${process.env.PORT ?? 3000}` : '');

export const tokens = cookieTokenStore();
export const trpc = createTRPCNext<AppRouter>({
  config() {
    return {
      links: sessionLinks({ url: `${origin()}/api/trpc`, at: 'auth', tokens }),
    };
  },
  ssr: false,
});
