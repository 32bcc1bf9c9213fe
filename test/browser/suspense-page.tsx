import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createSessionHooks } from '@trpc-sessions/client/react';
import { createTRPCClient } from '@trpc/client';
import { StrictMode, Suspense, type ReactElement } from 'react';
import superjson from 'superjson';
import type { AppRouter } from '../support/app.ts';

// The page of `suspense.test.ts`, which is rendered on a server and hydrated.

const tokens = localStorageTokenStore();
const trpc = createTRPCClient<AppRouter>({
  links: sessionLinks({ url: '/trpc', at: 'auth', tokens, transformer: superjson }),
});
const { SessionProvider, useSession, useSuspenseSessions } = createSessionHooks<typeof trpc.auth>();

function SignIn() {
  const { status, login, logout } = useSession();
  return (
    <>
      <p id="status">{status}</p>
      <button onClick={() => void login({ username: 'ada', password: 'right' })}>Sign in</button>
      <button onClick={() => void logout()}>Sign out</button>
    </>
  );
}

function List() {
  const { sessions, revoke } = useSuspenseSessions();
  return (
    <>
      <p id="sessions">{sessions.length} sessions</p>
      {sessions
        .filter(({ current }) => !current)
        .map(({ id }) => (
          <button key={id} onClick={() => void revoke(id)}>
            Revoke
          </button>
        ))}
    </>
  );
}

export function createPage(): ReactElement {
  return (
    <StrictMode>
      <QueryClientProvider client={new QueryClient()}>
        <SessionProvider client={trpc.auth} tokens={tokens}>
          <SignIn />
          <Suspense fallback={<p id="sessions">loading</p>}>
            <List />
          </Suspense>
        </SessionProvider>
      </QueryClientProvider>
    </StrictMode>
  );
}
