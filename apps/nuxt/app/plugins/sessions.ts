import { cookieTokenStore, sessionErrorReason, sessionLinks } from '@trpc-sessions/client';
import { createTRPCClient } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '~~/server/utils/sessions';

type CurrentSession = inferRouterOutputs<AppRouter>['auth']['sessions']['current'];

export default defineNuxtPlugin(async (nuxtApp) => {
  // While a page renders, calls stay in the process, and have the headers of the page's request.
  const event = useRequestEvent();
  const tokens = cookieTokenStore();
  const trpc = createTRPCClient<AppRouter>({
    links: sessionLinks({
      url: '/api/trpc',
      at: 'auth',
      tokens,
      fetch: (url, init) =>
        event === undefined ? fetch(url, init as RequestInit) : event.fetch(String(url), init as RequestInit),
    }),
  });

  // The page's payload has it, so the server and the browser agree, without a request while the page hydrates.
  const session = useState<CurrentSession | null>('session', () => null);

  async function refreshSession(): Promise<void> {
    try {
      session.value = await trpc.auth.sessions.current.query();
    } catch (error) {
      // A server that does not answer signs no user out.
      if (sessionErrorReason(error) === null) throw error;
      session.value = null;
    }
  }

  // The answers to one user are not shown to the next.
  function changeUser(userId: string | undefined): void {
    clearNuxtData();
    if (userId !== undefined) void refreshNuxtData();
  }

  if (event !== undefined) {
    // The page is for this user alone.
    useResponseHeader('cache-control').value = 'no-store';
    await refreshSession();
  } else {
    // In the browser, this tab and the others follow each sign-in, sign-out and refusal.
    tokens.subscribe(() => (tokens.get() === null ? (session.value = null) : void refreshSession()));
    const userId = () => session.value?.userId;
    watch(userId, (id) => nuxtApp.runWithContext(() => changeUser(id)), { flush: 'sync' });
  }

  return { provide: { trpc, tokens, session, refreshSession } };
});
