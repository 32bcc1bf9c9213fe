import { createTRPCClient, createWSClient, TRPCClientError, wsLink } from '@trpc/client';
import superjson from 'superjson';
import { expect, test } from 'vitest';
import { createTestApp, type AppRouter } from '../support/app.ts';
import { startWebSocketServer } from '../support/servers.ts';

function connect(url: string, connectionParams: Record<string, string> | null) {
  const socket = createWSClient({ url, connectionParams });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  return { client, [Symbol.asyncDispose]: () => socket.close() };
}

test('a WebSocket says who it is once, and is verified at every call', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { token, session } = await app.manager.issue({ userId: 'ada' });
  await using socket = connect(server.url, { token });
  app.database.forgetQueries();

  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  expect(await socket.client.me.query()).toMatchObject({ userId: 'ada' });
  expect(app.database.queries).toHaveLength(2);

  await app.manager.revoke({ userId: 'ada', id: session.id });
  const error = await socket.client.me.query().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TRPCClientError);
  expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', session: { reason: 'revoked_session' } } });
});

test('a WebSocket without a token may still sign in', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  await using socket = connect(server.url, null);
  await expect(socket.client.me.query()).rejects.toMatchObject({ data: { session: { reason: 'missing_token' } } });
  const { token, session } = await socket.client.auth.login.mutate({ username: 'ada', password: 'right' });
  expect(session).toMatchObject({ ip: '127.0.0.1', current: true });
  await app.manager.verify(token);
});

test('a WebSocket is told to close when its session ends, and is closed if it does not', async () => {
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
