import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient, httpBatchLink, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { describe, expect, test, vi } from 'vitest';
import { createTestApp, type AppRouter, type TestApp } from '../support/app.ts';
import { httpAdapters, startWebSocketServer } from '../support/servers.ts';

const ada = { username: 'ada', password: 'right' };

/** The app with another `authenticate`. */
function routerWith(
  app: TestApp,
  authenticate: (options: { readonly signal: AbortSignal }) => Promise<{ id: string }>,
) {
  const sessions = createSessionsPlugin({
    manager: app.manager,
    authenticate: (_credentials, options) => authenticate(options),
  });
  const t = initTRPC.context<SessionsContext>().create({ transformer: superjson });
  return t.router({ auth: sessions.router, open: t.procedure.query(() => 'anyone') }) as unknown as AppRouter;
}

describe.each(httpAdapters)('behind the $name adapter', ({ start }) => {
  test('a batch of 100 logins begins one', async () => {
    await using app = await createTestApp();
    const authenticate = vi.fn(async () => ({ id: 'ada' }));
    await using server = await start(routerWith(app, authenticate));
    const { auth } = createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: server.url, transformer: superjson })],
    });
    const logins = await Promise.allSettled(Array.from({ length: 100 }, () => auth.login.mutate(ada)));
    const refused = logins.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(99);
    for (const login of refused) expect(login).toMatchObject({ reason: { data: { code: 'BAD_REQUEST' } } });
    expect(authenticate).toHaveBeenCalledOnce();
  });
});

// A Lambda gets no signal when its caller hangs up.
describe.each(httpAdapters.filter(({ name }) => !name.startsWith('AWS Lambda')))(
  'behind the $name adapter',
  ({ start }) => {
    test('a login whose caller hangs up writes no session', async () => {
      await using app = await createTestApp();
      const begun = Promise.withResolvers<AbortSignal>();
      await using server = await start(
        routerWith(app, async ({ signal }) => {
          begun.resolve(signal);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return { id: 'ada' };
        }),
      );
      const { auth } = createTRPCClient<AppRouter>({ links: [httpLink({ url: server.url, transformer: superjson })] });
      const controller = new AbortController();
      const login = auth.login.mutate(ada, { signal: controller.signal });
      const signal = await begun.promise;
      controller.abort();
      await expect(login).rejects.toThrow(/abort/i);
      await expect.poll(() => signal.aborted).toBe(true);
      expect(await app.manager.list('ada')).toEqual([]);
    });
  },
);

test('a login whose WebSocket closes writes no session', async () => {
  await using app = await createTestApp();
  const begun = Promise.withResolvers<AbortSignal>();
  await using server = await startWebSocketServer(
    routerWith(app, async ({ signal }) => {
      begun.resolve(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { id: 'ada' };
    }),
  );
  const socket = new WebSocket(server.url);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.send(JSON.stringify({ id: 1, method: 'mutation', params: { path: 'auth.login', input: { json: ada } } }));
  const signal = await begun.promise;
  socket.close();
  await expect.poll(() => signal.aborted).toBe(true);
  expect(await app.manager.list('ada')).toEqual([]);
});
