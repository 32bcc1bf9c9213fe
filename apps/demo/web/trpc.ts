import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { AppRouter } from '../server/router.ts';
import { fetchInTime } from './fetch.ts';
import { createSessionEnd } from './session-end.ts';

/** Where the access token is kept. */
export const tokens = localStorageTokenStore();

/** How the session ended, for the notice at the sign-in form. */
export const sessionEnd = createSessionEnd<AppRouter>(tokens);

/** The app's own client: signing in keeps the token, and every call sends it. */
export const trpc = createTRPCClient<AppRouter>({
  // The server's own limit of a batch.
  links: [sessionEnd.link, ...sessionLinks<AppRouter>({ url: '/trpc', tokens, maxItems: 10, fetch: fetchInTime })],
});
