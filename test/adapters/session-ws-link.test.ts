import {
  asyncTokenStore,
  memoryTokenStore,
  sessionErrorReason,
  sessionHeaders,
  sessionLink,
  sessionWsLink,
} from '@trpc-sessions/client';
import { sessionsContext } from '@trpc-sessions/server';
import { createTRPCClient, httpBatchLink, splitLink, type TRPCClient } from '@trpc/client';
import { initTRPC, tracked } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws';
import { createTestApp, type AppRouter } from '../support/app.ts';

const ada = { username: 'ada', password: 'right' };

/** The app over HTTP and WebSocket, as one client with our links uses it. */
async function startApp({ everything = false } = {}) {
  const app = await createTestApp();
  const http = createHTTPServer({ router: app.router, createContext: (opts) => sessionsContext(opts) });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const sockets = new WebSocketServer({ server: http });
  applyWSSHandler({ wss: sockets, router: app.router, createContext: (opts) => sessionsContext(opts) });
  const { port } = http.address() as AddressInfo;

  const tokens = memoryTokenStore();
  const opened: NodeWebSocket[] = [];
  class Socket extends NodeWebSocket {
    constructor(url: string) {
      super(url);
      opened.push(this);
    }
  }
  const ws = sessionWsLink<AppRouter>({
    url: `ws://127.0.0.1:${port}`,
    tokens,
    transformer: superjson,
    WebSocket: Socket as unknown as typeof WebSocket,
  });
  const client = createTRPCClient<AppRouter>({
    links: [
      sessionLink({ at: 'auth', tokens }),
      splitLink({
        condition: ({ type }) => everything || type === 'subscription',
        true: ws,
        false: httpBatchLink({
          url: `http://127.0.0.1:${port}`,
          headers: sessionHeaders(tokens),
          transformer: superjson,
        }),
      }),
    ],
  });
  return {
    app,
    client,
    tokens,
    opened,
    ws,
    sockets: () => sockets.clients.size,
    async [Symbol.asyncDispose]() {
      await ws.close();
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      http.close();
      await app[Symbol.asyncDispose]();
    },
  };
}

/** Subscribes, and collects the values. */
function ticksOf(client: TRPCClient<AppRouter>): { ticks: number[]; reasons: unknown[]; stop: () => void } {
  const ticks: number[] = [];
  const reasons: unknown[] = [];
  const { unsubscribe } = client.ticks.subscribe(undefined, {
    onData: (tick) => void ticks.push(tick),
    onError: (error) => void reasons.push(sessionErrorReason(error)),
  });
  return { ticks, reasons, stop: unsubscribe };
}

describe('a WebSocket of sessionWsLink', () => {
  test('is opened by the first call, after login over HTTP, and closed after sign-out', async () => {
    await using page = await startApp();
    const { client, opened, tokens } = page;
    await client.auth.login.mutate(ada);
    expect(opened).toEqual([]);

    const first = ticksOf(client);
    const second = ticksOf(client);
    await expect.poll(() => first.ticks.length && second.ticks.length).toBeTruthy();
    expect(opened).toHaveLength(1);

    first.stop();
    second.stop();
    await client.auth.logout.mutate();
    expect(tokens.get()).toBeNull();
    await expect.poll(() => page.sockets()).toBe(0);
    expect(opened).toHaveLength(1);
  });

  test('carries login itself, and the calls after it are signed in', async () => {
    await using page = await startApp({ everything: true });
    const { client, opened } = page;
    expect(await client.open.query()).toBe('anyone');
    for (const username of ['ada', 'bob']) {
      await client.auth.login.mutate({ ...ada, username });
      expect(await client.me.query()).toMatchObject({ userId: username });
      await client.auth.logout.mutate();
      const refusal = await client.me.query().catch((error: unknown) => error);
      expect(sessionErrorReason(refusal)).toBe('missing_token');
    }
    expect(opened).toHaveLength(5);
    await expect.poll(() => page.sockets()).toBe(1);
  });

  test('answers the calls that are under way before it closes', async () => {
    await using page = await startApp({ everything: true });
    const { client, tokens, app } = page;
    await client.auth.login.mutate(ada);
    const { token } = await app.manager.issue({ userId: 'bob' });
    const calls = [client.me.query(), client.me.query()];
    tokens.set(token);
    expect(await Promise.all([...calls, client.me.query()])).toMatchObject(
      ['ada', 'ada', 'bob'].map((userId) => ({ userId })),
    );
  });

  test('hands its subscriptions over when the token is refreshed, or is that of another user', async () => {
    await using page = await startApp();
    const { client, tokens, app, opened } = page;
    for (const userId of ['ada', 'bob']) tokens.set((await app.manager.issue({ userId })).token);
    const { ticks, reasons } = ticksOf(client);
    await expect.poll(() => ticks.length).toBeGreaterThan(0);

    const { token } = await app.manager.issue({ userId: 'bob' });
    tokens.set(token);
    await expect.poll(() => page.sockets()).toBe(1);
    await expect.poll(() => opened.length).toBe(2);
    await expect.poll(() => ticks.lastIndexOf(0)).toBeGreaterThan(0);
    expect(reasons).toEqual([]);
  });

  test('gives the reason to each subscription when its session is revoked, and sign-in opens another', async () => {
    await using page = await startApp();
    const { client, app, tokens, opened } = page;
    await client.auth.login.mutate(ada);
    const all = [ticksOf(client), ticksOf(client)];
    await expect.poll(() => all.every(({ ticks }) => ticks.length > 0)).toBe(true);
    await app.manager.revokeAll('ada');
    await expect.poll(() => all.map(({ reasons }) => reasons)).toEqual([['revoked_session'], ['revoked_session']]);
    expect(tokens.get()).toBeNull();
    await expect.poll(() => page.sockets()).toBe(0);

    const before = opened.length;
    await client.auth.login.mutate(ada);
    const again = ticksOf(client);
    await expect.poll(() => again.ticks.length).toBeGreaterThan(0);
    expect(opened).toHaveLength(before + 1);
  });

  test('never drops the token of a login that was faster than a refusal of the former one', async () => {
    await using page = await startApp({ everything: true });
    const { client, app, tokens } = page;
    await client.auth.login.mutate(ada);
    await client.me.query();
    await app.manager.revokeAll('ada');
    const refused = client.me.query().catch((error: unknown) => error);
    const { token } = await app.manager.issue({ userId: 'ada' });
    tokens.set(token);
    expect(sessionErrorReason(await refused)).toBe('revoked_session');
    expect(tokens.get()).toBe(token);
  });

  test("goes on after the last event that arrived, and sends the app's own connection parameters with each token", async () => {
    const t = initTRPC.create();
    const subscribed: unknown[] = [];
    const router = t.router({
      events: t.procedure
        .input((input) => input as { room: string; lastEventId?: string })
        .subscription(async function* ({ input, signal }) {
          subscribed.push(input);
          yield tracked(`${input.lastEventId ?? ''}x`, null);
          await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        }),
    });
    const params: unknown[] = [];
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(sockets, 'listening');
    applyWSSHandler({
      wss: sockets,
      router,
      createContext: ({ info }) => ({ at: params.push(info.connectionParams) }),
    });
    const tokens = asyncTokenStore({
      getItem: async () => 'first',
      setItem: async () => {},
      removeItem: async () => {},
    });
    const ws = sessionWsLink<typeof router>({
      url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
      tokens,
      connectionParams: () => ({ tenant: 'a' }),
      WebSocket: NodeWebSocket as unknown as typeof WebSocket,
    });
    const received: string[] = [];
    const client = createTRPCClient<typeof router>({ links: [ws] });
    client.events.subscribe({ room: 'r' }, { onData: ({ id }) => void received.push(id) });
    await expect.poll(() => received).toEqual(['x']);
    tokens.set('second');
    await expect.poll(() => received).toEqual(['x', 'xx']);
    expect(subscribed).toEqual([{ room: 'r' }, { room: 'r', lastEventId: 'x' }]);
    expect(params).toEqual([
      { tenant: 'a', token: 'first' },
      { tenant: 'a', token: 'second' },
    ]);
    await ws.close();
    await expect.poll(() => sockets.clients.size).toBe(0);
    await new Promise((resolve) => sockets.close(resolve));
  });
});
