import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '../server/router.ts';
import { fetchInTime } from './fetch.ts';

/** Where the access token is kept. */
export const tokens = localStorageTokenStore();

/** The app's own client: signing in keeps the token, and every call sends it. */
export const trpc = createTRPCClient<AppRouter>({
  // The server's own limit of a batch.
  links: sessionLinks<AppRouter>({ url: '/trpc', tokens, maxItems: 10, fetch: fetchInTime }),
});
