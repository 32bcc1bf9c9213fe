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
  test('a batch of 20 logins begins one', async () => {
    await using app = await createTestApp();
    const authenticate = vi.fn(async () => ({ id: 'ada' }));
    await using server = await start(routerWith(app, authenticate));
    const { auth } = createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: server.url, transformer: superjson })],
    });
    const logins = await Promise.allSettled(Array.from({ length: 20 }, () => auth.login.mutate(ada)));
    const refused = logins.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(19);
    for (const login of refused) expect(login).toMatchObject({ reason: { data: { code: 'BAD_REQUEST' } } });
    expect(authenticate).toHaveBeenCalledOnce();
  });
});

/** Sends `login` as a client that may have a token or a cookie. Returns the new token, and the cookie. */
async function signIn(url: string, username: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/auth.login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin, ...headers },
    body: JSON.stringify({ json: { username, password: 'right' } }),
  });
  const body = (await response.json()) as { result: { data: { json: { token: string } } } };
  return { token: body.result.data.json.token, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const revoked = { reason: 'revoked_session' };

describe.each(httpAdapters)('signing in again behind the $name adapter', ({ start }) => {
  test('replaces the session of the same user that came with the request, and no other', async () => {
    await using app = await createTestApp({ maxSessionsPerUser: 3 });
    await using server = await start(app.router);
    const causes: unknown[] = [];
    app.manager.on('revoked', ({ cause, count }) => causes.push([cause, count]));
    const phone = await signIn(server.url, 'ada');
    let laptop = await signIn(server.url, 'ada');
    for (let n = 0; n < 3; n += 1) {
      const { token } = laptop;
      laptop = await signIn(server.url, 'ada', bearer(token));
      await expect(app.manager.verify(token)).rejects.toMatchObject(revoked);
    }
    for (const { token } of [phone, laptop]) await app.manager.verify(token);
    expect(causes).toEqual(Array.from({ length: 3 }, () => ['replaced', 1]));
  });

  test('as another user leaves the session of a bearer token alone', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const ofAda = await signIn(server.url, 'ada');
    await signIn(server.url, 'bob', bearer(ofAda.token));
    await app.manager.verify(ofAda.token);
  });

  test('replaces nothing when the password is wrong, or the token is none of ours', async () => {
    await using app = await createTestApp();
    await using server = await start(app.router);
    const ofAda = await signIn(server.url, 'ada');
    const { auth } = createTRPCClient<AppRouter>({
      links: [httpLink({ url: server.url, transformer: superjson, headers: bearer(ofAda.token) })],
    });
    await expect(auth.login.mutate({ username: 'ada', password: 'wrong' })).rejects.toThrow('not right');
    await app.manager.verify(ofAda.token);
    for (const token of ['x', `${ofAda.token}x`, 'a.b.c']) await signIn(server.url, 'ada', bearer(token));
    await app.manager.verify(ofAda.token);
  });
});

// A Lambda's context can set no cookie.
describe.each(httpAdapters.filter(({ name }) => !name.startsWith('AWS Lambda')))(
  'signing in again over a cookie behind the $name adapter',
  ({ start }) => {
    test('replaces the session of any user: the browser drops it', async () => {
      await using app = await createTestApp();
      await using server = await start(app.router, { cookie: true });
      const ofAda = await signIn(server.url, 'ada');
      const ofBob = await signIn(server.url, 'bob', { cookie: ofAda.cookie });
      await expect(app.manager.verify(ofAda.token)).rejects.toMatchObject(revoked);
      // A page of another origin may make the browser send the cookie: it ends nothing.
      await fetch(`${server.url}/auth.login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'https://evil.example', cookie: ofBob.cookie },
        body: JSON.stringify({ json: { username: 'eve', password: 'right' } }),
      });
      await app.manager.verify(ofBob.token);
    });
  },
);

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
