import {
  memoryTokenStore,
  sessionConnectionParams,
  sessionHeaders,
  sessionLink,
  sessionLinks,
} from '@trpc-sessions/client';
import {
  createTRPCClient,
  createWSClient,
  httpBatchStreamLink,
  TRPCClientError,
  wsLink,
  type TRPCClient,
  type TRPCLink,
} from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { createSessionManager } from '@trpc-sessions/core';
import { createTestApp, secret, type AppRouter } from '../support/app.ts';
import { httpAdapters, startWebSocketServer, type RunningServer } from '../support/servers.ts';

type Tokens = ReturnType<typeof memoryTokenStore>;

interface StreamTarget {
  readonly name: string;
  start(router: AppRouter): Promise<RunningServer>;
  connect(url: string, tokens: Tokens): { links: TRPCLink<AppRouter>[]; close(): Promise<unknown> | void };
}

const targets: readonly StreamTarget[] = [
  ...httpAdapters
    .filter(({ name }) => !name.startsWith('AWS Lambda'))
    .map(({ name, start }): StreamTarget => ({
      name: `Server-Sent Events behind the ${name} adapter`,
      start,
      connect: (url, tokens) => ({
        links: sessionLinks({ url, at: 'auth', tokens, transformer: superjson }),
        close() {},
      }),
    })),
  {
    name: 'a WebSocket',
    start: startWebSocketServer,
    connect(url, tokens) {
      const client = createWSClient({ url, connectionParams: sessionConnectionParams(tokens) });
      return {
        links: [sessionLink({ at: 'auth', tokens }), wsLink({ client, transformer: superjson })],
        close: () => client.close(),
      };
    },
  },
];

interface Stream {
  /** The number of values so far. */
  readonly count: () => number;
  /** The error that ends the stream. */
  readonly error: Promise<unknown>;
  stop(): void;
}

function read(client: TRPCClient<AppRouter>, name: 'ticks' | 'silent' | 'observed' | 'stale'): Stream {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const { unsubscribe } = client[name].subscribe(undefined, { onData: () => void (count += 1), onError: resolve });
  return { count: () => count, error: promise, stop: unsubscribe };
}

describe.each(targets)('a stream over $name', ({ start, connect }) => {
  async function world() {
    const app = await createTestApp();
    const server = await start(app.router);
    const { token, session } = await app.manager.issue({ userId: 'ada' });
    const tokens = memoryTokenStore(token);
    const { links, close } = connect(server.url, tokens);
    return {
      app,
      session,
      tokens,
      client: createTRPCClient<AppRouter>({ links }),
      /** Reads several values: a stream that was still live would have had some in the meantime. */
      async streamOfAnotherSession() {
        const other = await app.manager.issue({ userId: 'ada' });
        const connection = connect(server.url, memoryTokenStore(other.token));
        const { count, stop } = read(createTRPCClient<AppRouter>({ links: connection.links }), 'ticks');
        await expect.poll(count).toBeGreaterThan(3);
        stop();
        await connection.close();
      },
      async [Symbol.asyncDispose]() {
        await close();
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  test.each(['ticks', 'silent', 'observed'] as const)(
    'ends with its session, as does the stored token: %s',
    async (name) => {
      await using w = await world();
      const stream = read(w.client, name);
      if (name === 'silent') await w.client.me.query();
      else await expect.poll(stream.count).toBeGreaterThan(3);

      await w.app.manager.revoke({ userId: 'ada', id: w.session.id });

      const error = await stream.error;
      expect(error).toBeInstanceOf(TRPCClientError);
      expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED', session: { reason: 'revoked_session' } } });
      expect(w.tokens.get()).toBeNull();
      const count = stream.count();
      await w.streamOfAnotherSession();
      expect(stream.count()).toBe(count);
    },
  );

  test('goes on when other sessions end', async () => {
    await using w = await world();
    const stream = read(w.client, 'ticks');
    await expect.poll(stream.count).toBeGreaterThan(3);
    await w.app.manager.issue({ userId: 'ada' });
    await w.app.manager.revokeOthers({ userId: 'ada', currentId: w.session.id });
    await w.app.manager.revokeAll('bob');
    const count = stream.count();
    await expect.poll(stream.count).toBeGreaterThan(count + 3);
    stream.stop();
  });

  test('that refuses in the middle reports the reason with its code, and is not requested again', async () => {
    await using w = await world();
    const stream = read(w.client, 'stale');
    expect(await stream.error).toMatchObject({
      data: { code: 'FORBIDDEN', httpStatus: 403, session: { reason: 'fresh_session_required' } },
    });
    expect(w.tokens.get()).not.toBeNull();
    await w.streamOfAnotherSession();
    expect(stream.count()).toBe(1);
  });
});

describe('a query over httpBatchStreamLink', () => {
  async function world() {
    const [standalone] = httpAdapters;
    const app = await createTestApp();
    const server = await standalone!.start(app.router);
    const { token, session } = await app.manager.issue({ userId: 'ada' });
    const tokens = memoryTokenStore(token);
    const client = createTRPCClient<AppRouter>({
      links: [
        sessionLink({ at: 'auth', tokens }),
        httpBatchStreamLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    return {
      client,
      /** Reads a stream, and revokes its session at the third value. */
      async read(stream: AsyncIterable<number>): Promise<{ count: number; error: unknown }> {
        let count = 0;
        const reading = (async () => {
          for await (const _ of stream) {
            count += 1;
            if (count === 3) await app.manager.revoke({ userId: 'ada', id: session.id });
          }
        })();
        const error: unknown = await reading.catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ data: { code: 'UNAUTHORIZED' } });
        return { count, error };
      },
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  test.each(['the result itself', 'a property', 'a property of a promise'])(
    'ends its stream with the session, if the stream is %s',
    async (where) => {
      await using w = await world();
      const { streamed, nested } = w.client;
      const stream =
        where === 'the result itself'
          ? await streamed.query()
          : where === 'a property'
            ? (await nested.query()).direct
            : (await (await nested.query()).later).deep;
      const { count, error } = await w.read(stream);
      expect(count).toBeLessThan(20);
      // tRPC formats the errors of inner streams with the app's formatter alone.
      if (where === 'the result itself') {
        expect(error).toMatchObject({ data: { session: { reason: 'revoked_session' } } });
      }
    },
  );
});

test('100 silent streams of one session cost no query when another session of the user ends', async () => {
  await using app = await createTestApp();
  await using server = await startWebSocketServer(app.router);
  const { token, session } = await app.manager.issue({ userId: 'ada' });
  const { session: other } = await app.manager.issue({ userId: 'ada' });
  const socket = createWSClient({ url: server.url, connectionParams: { token } });
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  let started = 0;
  let ended = 0;
  for (let n = 0; n < 100; n += 1) {
    client.silent.subscribe(undefined, { onStarted: () => void (started += 1), onError: () => void (ended += 1) });
  }
  await expect.poll(() => started).toBe(100);

  const lookUps = (): readonly string[] => app.database.queries.filter((text) => text.startsWith('select'));
  app.database.clearQueries();
  await app.manager.revoke({ userId: 'ada', id: other.id });
  await client.me.query();
  expect(lookUps()).toHaveLength(1);

  app.database.clearQueries();
  await app.manager.revoke({ userId: 'ada', id: session.id });
  await expect.poll(() => ended).toBe(100);
  expect(lookUps().length).toBeLessThan(6);
  await socket.close();
});

test('a stream ends at once when another instance of the module of the manager revokes its session', async () => {
  await using app = await createTestApp();
  const { token } = await app.manager.issue({ userId: 'ada' });
  const caller = { token, ip: null, userAgent: null, clientHints: null };
  const ticks = await app.router.createCaller({ caller }).ticks();
  // As in Next.js, which gives a page and a route an instance each.
  const other = createSessionManager({ db: app.database.db, keys: secret });
  const readAll = async () => {
    for await (const tick of ticks) if (tick === 1) await other.revokeAll('ada');
  };
  await expect(readAll()).rejects.toMatchObject({ code: 'UNAUTHORIZED', cause: { reason: 'revoked_session' } });
  await other.close();
});
