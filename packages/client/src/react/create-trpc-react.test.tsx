// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import { createTRPCReact } from '@trpc/react-query';
import type { PropsWithChildren } from 'react';
import superjson from 'superjson';
import { afterEach, expect, expectTypeOf, test } from 'vitest';
import { sessionLinks } from '../links/session-links.ts';
import { testFetch } from '../testing/fetch.ts';
import { right, startServer, type Router } from '../testing/plugin.tsx';
import { memoryTokenStore } from '../tokens/memory.ts';
import { createSessionHooks } from './create-session-hooks.ts';

afterEach(cleanup);

test('the classic hooks of createTRPCReact share links, client and cache with the provider, and follow its user', async () => {
  await using server = await startServer();
  const trpc = createTRPCReact<Router>();
  const tokens = memoryTokenStore();
  const links = sessionLinks<Router>({
    url: server.url,
    at: 'auth',
    tokens,
    transformer: superjson,
    fetch: testFetch,
  });
  const client = trpc.createClient({ links });
  const { SessionProvider, useSession, useSessions } = createSessionHooks<typeof client.auth>();
  const queryClient = new QueryClient();
  const wrapper = ({ children }: PropsWithChildren) => (
    <trpc.Provider client={client} queryClient={queryClient}>
      <QueryClientProvider client={queryClient}>
        <SessionProvider client={client.auth} tokens={tokens}>
          {children}
        </SessionProvider>
      </QueryClientProvider>
    </trpc.Provider>
  );
  const { result } = renderHook(
    () => ({
      session: useSession(),
      list: useSessions(),
      me: trpc.me.useQuery(undefined, { retry: false, staleTime: Infinity }),
      login: trpc.auth.login.useMutation(),
      devices: trpc.auth.sessions.list.useQuery(undefined, { retry: false }),
    }),
    { wrapper },
  );
  expectTypeOf(result.current.me.data).toEqualTypeOf<string | undefined>();
  if (result.current.session.status === 'signedIn') {
    expectTypeOf(result.current.session.claims).toEqualTypeOf<{ name: string }>();
  }
  expect(result.current.session.status).toBe('signedOut');

  await act(() => result.current.session.login(right));
  await waitFor(() => expect(result.current.me.data).toBe('ada'));
  await waitFor(() => expect(result.current.list.sessions).toHaveLength(1));
  await waitFor(() => expect(result.current.devices.data).toHaveLength(1));

  await act(() => result.current.login.mutateAsync({ ...right, username: 'bob' }));
  await waitFor(() => expect(result.current.session).toMatchObject({ status: 'signedIn', userId: 'bob' }));
  await waitFor(() => expect(result.current.me.data).toBe('bob'));

  await server.manager.revokeAll('bob');
  await act(() => result.current.me.refetch());
  expect(result.current.session).toMatchObject({ status: 'signedOut', reason: 'revoked_session' });
  await waitFor(() => expect(result.current.me.data).toBeUndefined());
});
