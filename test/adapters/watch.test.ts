import {
  memoryTokenStore,
  sessionConnectionParams,
  sessionLink,
  sessionLinks,
  watchSessions,
} from '@trpc-sessions/client';
import { createSessionManager, localBus, type Bus, type IssuedSession, type SessionManager } from '@trpc-sessions/core';
import type { SessionsEvent } from '@trpc-sessions/server';
import { createTRPCClient, createWSClient, wsLink, type TRPCLink } from '@trpc/client';
import { get, type IncomingMessage } from 'node:http';
import superjson from 'superjson';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createAppRouter, createTestApp, secret, type AppRouter } from '../support/app.ts';
import { ioredisTarget, postgresTarget } from '../support/buses.ts';
import { createTestClock, minute } from '../support/clock.ts';
import { sqliteReusingStatements, type TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { httpAdapters, startWebSocketServer, type RunningServer } from '../support/servers.ts';

// A reader on one process, and another process that changes the sessions of its user.

const userId = 'ada';
const channel = `watch-${process.pid}-${Date.now().toString(36)}`;

interface Transport {
  readonly name: string;
  start(router: AppRouter): Promise<RunningServer>;
  connect(url: string, token: string): { links: TRPCLink<AppRouter>[]; close(): Promise<unknown> | void };
  /** Opens a watch without a client of tRPC. */
  open(url: string, token: string): Promise<RawReader>;
}

/** A reader whose connection a test controls. */
interface RawReader extends Disposable {
  /** All that has been read. */
  readonly text: () => string;
  pause(): void;
  resume(): void;
  /** Breaks the connection. */
  destroy(): void;
}

const [standalone] = httpAdapters;

const transports: readonly Transport[] = [
  {
    name: 'Server-Sent Events',
    start: (router) => standalone!.start(router),
    connect: (url, token) => ({
      links: sessionLinks({ url, at: 'auth', tokens: memoryTokenStore(token), transformer: superjson }),
      close() {},
    }),
    async open(url, token) {
      const headers = { authorization: `Bearer ${token}` };
      const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
      const request = get(`${url}/auth.sessions.watch`, { headers }, resolve).on('error', () => {});
      const response = await promise;
      let text = '';
      response.on('data', (data) => (text += String(data))).on('error', () => {});
      const destroy = (): void => void request.destroy();
      return {
        text: () => text,
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        destroy,
        [Symbol.dispose]: destroy,
      };
    },
  },
  {
    name: 'a WebSocket',
    start: startWebSocketServer,
    connect(url, token) {
      const tokens = memoryTokenStore(token);
      const client = createWSClient({ url, connectionParams: sessionConnectionParams(tokens) });
      return {
        links: [sessionLink({ at: 'auth', tokens }), wsLink({ client, transformer: superjson })],
        close: () => client.close(),
      };
    },
    async open(url, token) {
      const socket = new WebSocket(`${url}?connectionParams=1`);
      await new Promise((resolve) => socket.once('open', resolve));
      let text = '';
      socket.addEventListener('message', ({ data }) => (text += typeof data === 'string' ? data : ''));
      socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
      const params = { path: 'auth.sessions.watch', input: { json: null } };
      socket.send(JSON.stringify({ id: 1, method: 'subscription', params }));
      const destroy = (): void => socket.terminate();
      return {
        text: () => text,
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        destroy,
        [Symbol.dispose]: destroy,
      };
    },
  },
];

/** How two processes learn of each other's changes. */
interface Connection {
  readonly name: string;
  readonly available: boolean;
  readonly howToEnable: string;
  /** The bus of the process with the reader, and that of the other one. */
  join(disposables: AsyncDisposableStack): Promise<readonly [Bus | undefined, Bus]>;
  /** Waits until the reader's process looks by itself, if no bus connects them. */
  look(): Promise<unknown>;
}

const connections: readonly Connection[] = [
  ...[ioredisTarget, postgresTarget].map((target): Connection => ({
    name: target.name,
    available: target.url !== null,
    howToEnable: target.howToEnable,
    async join(disposables) {
      const join = async (): Promise<Bus> => {
        const { bus } = disposables.use(await target.join(target.url ?? '', { channel, heartbeat: '5s' }));
        return bus;
      };
      return [await join(), await join()];
    },
    look: () => Promise.resolve(),
  })),
  {
    name: 'no bus',
    available: true,
    howToEnable: '',
    join: () => Promise.resolve([undefined, localBus({ channel })]),
    look: () => vi.advanceTimersByTimeAsync(60_000),
  },
];

/** Resolves when messages arrive over the bus. */
function connected(bus: Bus | undefined): Promise<void> {
  if (bus === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = bus.subscribe({
      connected() {
        resolve();
        // Not at once: the local bus connects before it returns the function.
        setImmediate(() => void stop());
      },
      disconnected() {},
      message() {},
    });
  });
}

for (const connection of connections) {
  describeIf(connection.available, `two processes connected by ${connection.name}`, connection.howToEnable, () => {
    test.each(transports)('report each change to a reader over $name', async ({ start, connect }) => {
      await using disposables = new AsyncDisposableStack();
      const database = disposables.use(await sqliteReusingStatements.create());
      const buses = await connection.join(disposables);
      const clock = createTestClock();
      const join = (bus: Bus | undefined): SessionManager => {
        const manager = createSessionManager({ db: database.db, keys: secret, bus, clock });
        disposables.defer(() => manager.close());
        return manager;
      };
      const [here, there] = [join(buses[0]), join(buses[1])];
      await Promise.all(buses.map(connected));
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const server = disposables.use(await start(createAppRouter(here)));
      // Only these: the servers and the buses go on by themselves.
      if (connection.name === 'no bus') vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      disposables.defer(() => void vi.useRealTimers());

      const own = await here.issue({ userId });
      const reader = open(server, own);
      disposables.defer(() => reader.stop());
      await expect.poll(() => reader.events).toHaveLength(1);
      expect(reader.events[0]).toMatchObject({ type: 'sessions', sessions: [{ id: own.session.id, current: true }] });

      const { session } = await there.issue({ userId, device: { name: 'Phone' } });
      await connection.look();
      await expect
        .poll(() => reader.events[1])
        .toMatchObject({ type: 'created', session: { id: session.id, device: { name: 'Phone' }, current: false } });
      await there.update({ userId, id: session.id, name: 'Kitchen' });
      await connection.look();
      await expect
        .poll(() => reader.events.at(-1))
        .toMatchObject({ type: 'updated', session: { id: session.id, name: 'Kitchen' } });
      await there.revoke({ userId, id: session.id }, { by: 'of the staff' });
      await connection.look();
      await expect
        .poll(() => reader.events.at(-1))
        .toMatchObject({
          type: 'revoked',
          id: session.id,
          ended: { at: expect.any(Date), cause: 'staff', by: 'staff', bySession: null },
        });

      const { session: short } = await there.issue({ userId, lifetime: '5m' });
      await connection.look();
      await expect.poll(() => reader.events.at(-1)).toMatchObject({ type: 'created', session: { id: short.id } });
      clock.advance(10 * minute);
      // So that it looks.
      await there.update({ userId, id: own.session.id, name: 'Desk' });
      await connection.look();
      await expect.poll(() => reader.events).toContainEqual({ type: 'expired', id: short.id });

      // A reader that comes again begins with the whole list, whatever it has missed.
      await reader.stop();
      const { session: missed } = await there.issue({ userId });
      const again = open(server, own);
      disposables.defer(() => again.stop());
      await expect.poll(() => again.events).toHaveLength(1);
      expect(idsIn(again.events[0])).toEqual(new Set([own.session.id, missed.id]));

      await there.revokeOthers({ userId, currentId: missed.id });
      await connection.look();
      const ended = { cause: 'others', by: 'another_device' };
      await expect
        .poll(() => again.errors)
        .toMatchObject([{ data: { code: 'UNAUTHORIZED', session: { reason: 'revoked_session', ended } } }]);
      const warnings = warn.mock.calls.filter(([warning]) => String(warning).includes('the manager has no bus'));
      expect(warnings).toHaveLength(connection.name === 'no bus' ? 1 : 0);

      function open({ url }: RunningServer, { token }: IssuedSession) {
        const { links, close } = connect(url, token);
        const events: SessionsEvent[] = [];
        const errors: unknown[] = [];
        const { unsubscribe } = createTRPCClient<AppRouter>({ links }).auth.sessions.watch.subscribe(undefined, {
          onData: (event) => void (event.type !== 'alive' && events.push(event)),
          onError: (error) => void errors.push(error),
        });
        return {
          events,
          errors,
          async stop() {
            unsubscribe();
            await close();
          },
        };
      }
    });
  });
}

function idsIn(event: SessionsEvent | undefined): Set<string> {
  return new Set(event?.type === 'sessions' ? event.sessions.map(({ id }) => id) : []);
}

/** How often the list of sessions was read. */
function looksIn({ queries }: TestDatabase): number {
  return queries.filter((text) => /^select .* where "user_id" = .* order by/.test(text)).length;
}

describe.each(transports)('readers over $name', ({ start, open }) => {
  async function createWorld(sessions: number) {
    const disposables = new AsyncDisposableStack();
    const database = disposables.use(await sqliteReusingStatements.create());
    const bus = localBus({ channel: `${channel} of readers` });
    const manager = createSessionManager({ db: database.db, keys: secret, bus, maxSessionsPerUser: Infinity });
    disposables.defer(() => manager.close());
    const server = disposables.use(await start(createAppRouter(manager)));
    const own = await manager.issue({ userId });
    const all = [own.session];
    for (let n = 1; n < sessions; n += 1) all.push((await manager.issue({ userId })).session);
    let names = 0;
    const world = {
      database,
      manager,
      own: own.session,
      sessions: all,
      /** Opens a watch, and waits for its list. */
      async open(): Promise<RawReader> {
        const reader = disposables.use(await open(server.url, own.token));
        await expect.poll(reader.text).toContain(own.session.id);
        return reader;
      },
      /** Changes each session. */
      async changeAll(): Promise<void> {
        names += 1;
        // So long that a few changes fill the buffers of a connection.
        const name = `${names} `.repeat(4000);
        await database.db.updateTable('sessions').set({ updated_at: names, name }).execute();
        await manager.update({ userId, id: own.session.id, name: `own ${names}` });
      },
      async looksPerChange(): Promise<number> {
        database.clearQueries();
        await world.changeAll();
        // A look that this change has caused is read first.
        await manager.list(userId);
        return looksIn(database) - 1;
      },
      [Symbol.asyncDispose]: () => disposables.disposeAsync(),
    };
    return world;
  }

  test('share a look-up for each change', async () => {
    await using w = await createWorld(2);
    const readers = await Promise.all(Array.from({ length: 30 }, () => w.open()));
    w.database.clearQueries();
    await w.changeAll();
    for (const { text } of readers) await expect.poll(text).toContain('own 1');
    expect(looksIn(w.database)).toBe(1);
  });

  test('are not closed because many sessions change at once', async () => {
    await using w = await createWorld(180);
    const { text } = await w.open();
    const listed = w.sessions.filter(({ id }) => text().includes(id)).map(({ id }) => id);
    expect(listed).toHaveLength(101);
    const revoked = listed.filter((id) => id !== w.own.id).slice(0, 90);
    await w.manager.revokeMany({ userId, ids: revoked });
    // The sessions that were not listed before take their places.
    await expect.poll(() => w.sessions.filter(({ id }) => !text().includes(id))).toEqual([]);
    expect(text()).not.toContain('SERVICE_UNAVAILABLE');
  });

  test('that have stopped reading are closed, and cost nothing any more', async () => {
    await using w = await createWorld(100);
    const reader = await w.open();
    reader.pause();
    await expect.poll(() => w.looksPerChange()).toBe(0);
    reader.resume();
  });

  test('whose connection breaks cost nothing any more', async () => {
    await using w = await createWorld(2);
    const reader = await w.open();
    reader.destroy();
    await expect.poll(() => w.looksPerChange()).toBe(0);
  });
});

test('behind an adapter without streams, a watch is one request that waits, and every other call goes on', async () => {
  await using app = await createTestApp({ bus: localBus({ channel: `${channel} of a function` }) });
  const lambda = httpAdapters.find(({ name }) => name === 'AWS Lambda, HTTP API');
  await using server = await lambda!.start(app.router);
  const { token } = await app.manager.issue({ userId });
  const { session: other } = await app.manager.issue({ userId });
  const watches: unknown[] = [];
  const tokens = memoryTokenStore(token);
  const links = sessionLinks<AppRouter>({
    url: server.url,
    at: 'auth',
    tokens,
    transformer: superjson,
    fetch(url, init) {
      const { href, pathname } = new URL(typeof url === 'string' || url instanceof URL ? url : url.url);
      if (pathname.endsWith('sessions.watch')) watches.push(href);
      return fetch(href, init as RequestInit);
    },
  });
  const { auth } = createTRPCClient<AppRouter>({ links });
  const listener = vi.fn();
  const stop = watchSessions(auth, tokens, listener);
  await expect.poll(() => watches).toHaveLength(1);
  expect(await auth.sessions.list.query()).toHaveLength(2);
  await auth.sessions.revoke.mutate({ id: other.id });
  expect(await auth.sessions.list.query()).toHaveLength(1);
  expect(watches).toHaveLength(1);
  expect(listener).not.toHaveBeenCalled();
  stop();
});
