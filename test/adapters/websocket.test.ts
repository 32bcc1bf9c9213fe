import { memoryTokenStore, sessionConnectionParams, sessionLink, type TokenStore } from '@trpc-sessions/client';
import type { SessionsContextOptions } from '@trpc-sessions/server';
import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { createTestApp, type AppRouter } from '../support/app.ts';
import { startWebSocketServer } from '../support/servers.ts';

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** The WebSocket of a browser that sends these headers. A page cannot set them. */
function webSocketWith(headers: Record<string, string>): typeof WebSocket {
  class BrowserWebSocket extends NodeWebSocket {
    constructor(url: string) {
      super(url, { headers });
    }
  }
  return BrowserWebSocket as unknown as typeof WebSocket;
}

function connect(url: string, connectionParams: Record<string, string> | null, headers: Record<string, string> = {}) {
  const socket = createWSClient({ url, connectionParams, WebSocket: webSocketWith(headers) });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  return { client, [Symbol.asyncDispose]: () => socket.close() };
}

/** As in docs/guide.md. */
function connectWithSession(url: string, tokens: TokenStore) {
  const onOpen = vi.fn();
  const socket = createWSClient({
    url,
    onOpen,
    connectionParams: sessionConnectionParams(tokens),
    WebSocket: webSocketWith({ 'user-agent': iphone }),
  });
  const client = createTRPCClient<AppRouter>({
    links: [sessionLink({ at: 'auth', tokens }), wsLink({ client: socket, transformer: superjson })],
  });
  return { client, onOpen, [Symbol.asyncDispose]: () => socket.close() };
}

test('over a WebSocket with our link, a user signs in, lists, revokes another session, and learns why the own one ended', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { session: other, token: othersToken } = await app.manager.issue({ userId: 'ada' });
  const tokens = memoryTokenStore();
  {
    await using signedOut = connectWithSession(server.url, tokens);
    await signedOut.client.auth.login.mutate({ username: 'ada', password: 'right' });
  }
  // A connection keeps the token that it was opened with.
  await using socket = connectWithSession(server.url, tokens);
  const { auth, me } = socket.client;

  const list = await auth.sessions.list.query();
  expect(list).toHaveLength(2);
  const own = list.find(({ current }) => current)!;
  expect(own).toMatchObject({ ip: '127.0.0.1', createdIp: '127.0.0.1', userAgent: iphone });
  expect(own.device).toMatchObject({ type: 'mobile', name: 'Safari on iPhone' });
  expect(own.createdAt).toBeInstanceOf(Date);

  expect(await auth.sessions.revoke.mutate({ id: other.id })).toEqual({ revoked: 1 });
  await expect(app.manager.verify(othersToken)).rejects.toMatchObject({ reason: 'revoked_session' });
  expect(await me.query()).toMatchObject({ userId: 'ada' });
  expect(socket.onOpen).toHaveBeenCalledOnce();

  await app.manager.revoke({ userId: 'ada', id: own.id });
  await expect.poll(() => socket.onOpen.mock.calls).toHaveLength(2);
  expect(tokens.get()).not.toBeNull();
  await expect(me.query()).rejects.toMatchObject({
    data: { code: 'UNAUTHORIZED', session: { reason: 'revoked_session' } },
  });
  expect(tokens.get()).toBeNull();
});

test('a WebSocket sends its token once, and every call verifies it', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { token, session } = await app.manager.issue({ userId: 'ada' });
  await using socket = connect(server.url, { token });
  app.database.clearQueries();

  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  expect(app.database.queries).toHaveLength(2);

  await app.manager.revoke({ userId: 'ada', id: session.id });
  const error = await socket.client.me.query().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TRPCClientError);
  expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', session: { reason: 'revoked_session' } } });
});

test('a WebSocket whose token was reissued reconnects with the new one at the first call that is refused', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { token } = await app.manager.issue({ userId: 'ada' });
  const tokens = memoryTokenStore();
  tokens.set(token);
  await using socket = connectWithSession(server.url, tokens);
  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });

  const renewed = await app.manager.reissue(token, { grace: '0s' });
  tokens.set(renewed.token);
  await expect(socket.client.me.query()).rejects.toMatchObject({ data: { session: { reason: 'revoked_session' } } });
  await expect.poll(() => socket.onOpen.mock.calls).toHaveLength(2);
  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  expect(tokens.get()).toBe(renewed.token);
});

test('a WebSocket without a token can sign in', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  await using socket = connect(server.url, null);
  await expect(socket.client.me.query()).rejects.toMatchObject({ data: { session: { reason: 'missing_token' } } });
  const { token, session } = await socket.client.auth.login.mutate({ username: 'ada', password: 'right' });
  expect(session).toMatchObject({ ip: '127.0.0.1', current: true });
  await app.manager.verify(token);
});

test('a WebSocket whose session ends gets a reconnect message, and is closed if it stays open', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { token, session } = await app.manager.issue({ userId: 'ada' });
  const { token: otherToken, session: other } = await app.manager.issue({ userId: 'ada' });
  const open = async (of: string) => {
    const socket = new WebSocket(`${server.url}?connectionParams=1`);
    const messages: unknown[] = [];
    const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
    socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.send(JSON.stringify({ method: 'connectionParams', data: { token: of } }));
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'me', input: { json: null } } }));
    await expect.poll(() => messages).toHaveLength(1);
    return { socket, messages, closed };
  };
  const ended = await open(token);
  const kept = await open(otherToken);

  await app.manager.revokeOthers({ userId: 'ada', currentId: other.id });

  await expect.poll(() => ended.messages).toContainEqual({ id: null, method: 'reconnect' });
  expect(await ended.closed).toBe(4401);
  expect(kept.socket.readyState).toBe(WebSocket.OPEN);
  expect(kept.messages).toHaveLength(1);
  kept.socket.close();
  expect(session.id).not.toBe(other.id);
});

// Any page can open a WebSocket to any host, and the browser sends the cookie along. Only the headers show the origin.
describe('the cookie of a WebSocket', () => {
  const friend = 'https://friend.example';

  /** A page's WebSocket. `$host` in its headers stands for the server's own host and port. */
  async function world(page: Record<string, string>, options?: SessionsContextOptions) {
    const app = await createTestApp();
    const server = await startWebSocketServer(app.router, options);
    const { token } = await app.manager.issue({ userId: 'ada' });
    const { host } = new URL(server.url);
    const headers = Object.entries(page).map(([name, value]) => [name, value.replace('$host', host)]);
    const open = (connectionParams: Record<string, string> | null) =>
      connect(server.url, connectionParams, { ...Object.fromEntries(headers), cookie: `__Host-session=${token}` });
    return {
      token,
      open,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  test.each([
    ['its own origin', { origin: 'http://$host' }],
    ['an origin that is allowed', { origin: friend }],
  ])('is accepted from a page of %s', async (_, page) => {
    await using w = await world(page, { cookie: { allowedOrigins: [friend] } });
    await using socket = w.open(null);
    expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  });

  test.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another site, according to the browser', { 'sec-fetch-site': 'cross-site' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a host that begins with ours', { origin: 'http://$host.evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['an unknown origin', {}],
  ])('is ignored from a page of %s, but a token of the page is accepted', async (_, page) => {
    await using w = await world(page, { cookie: { allowedOrigins: [friend] } });
    await using socket = w.open(null);
    const { me, auth } = socket.client;
    for (const call of [() => me.query(), () => auth.sessions.revokeOthers.mutate()]) {
      await expect(call()).rejects.toMatchObject({ data: { session: { reason: 'missing_token' } } });
    }
    await using knowing = w.open({ token: w.token });
    expect(await knowing.client.me.query()).toMatchObject({ userId: 'ada' });
  });

  test('is ignored if the cookie option is not set', async () => {
    await using w = await world({ origin: 'http://$host' });
    await using socket = w.open(null);
    await expect(socket.client.me.query()).rejects.toMatchObject({ data: { session: { reason: 'missing_token' } } });
  });
});
