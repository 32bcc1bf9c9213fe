import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { localStorageTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createSessionHooks } from '@trpc-sessions/client/react';
import { createTRPCClient } from '@trpc/client';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import superjson from 'superjson';
import type { AppRouter } from '../support/app.ts';

// The page of `live.test.ts`.

const tokens = localStorageTokenStore();
const trpc = createTRPCClient<AppRouter>({
  links: sessionLinks({ url: '/trpc', at: 'auth', tokens, transformer: superjson }),
});
const { SessionProvider, useSession, useSessions } = createSessionHooks<typeof trpc.auth>();

function Page() {
  const { status, login, logout } = useSession();
  const { sessions, revokeOthers } = useSessions();
  const [failure, setFailure] = useState('');
  return (
    <>
      <p id="status">{status}</p>
      <p id="sessions">{sessions.map(({ id }) => id).join(' ')}</p>
      <button onClick={() => void login({ username: 'ada', password: 'right' })}>Sign in</button>
      <p id="failure">{failure}</p>
      <button onClick={() => void logout()}>Sign out</button>
      <button onClick={() => void revokeOthers().catch((error: Error) => setFailure(error.message))}>
        Revoke others
      </button>
    </>
  );
}

createRoot(document.body).render(
  <QueryClientProvider client={new QueryClient()}>
    <SessionProvider client={trpc.auth} tokens={tokens} live>
      <Page />
    </SessionProvider>
  </QueryClientProvider>,
);
