import {
  createTRPCClient,
  createWSClient,
  httpLink,
  wsLink,
  type TRPCClient,
  type TRPCClientError,
  type TRPCLink,
} from '@trpc/client';
import { initTRPC, tracked, TRPCError } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import type { SessionErrorReason } from '@trpc-sessions/server';
import superjson from 'superjson';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { sessionErrorReason } from '../errors.ts';
import { sessionConnectionParams, sessionHeaders } from './headers.ts';
import { sessionLink, sessionLinks } from './session-links.ts';
import { errorFormatter, refusal, serve, type TestContext, type TestServer } from '../testing/server.ts';
import { memoryTokenStore, type TokenStore } from '../tokens/token-store.ts';

const t = initTRPC.context<TestContext>().create({
  transformer: superjson,
  errorFormatter,
  sse: { client: { reconnectAfterInactivityMs: 100 } },
});

/** Which tokens the server refuses, and why. */
const refused = new Map<string | null, SessionErrorReason>();
let tokens: TokenStore;

beforeEach(() => {
  refused.clear();
  tokens = memoryTokenStore();
});

const authenticated = t.procedure.use(({ ctx, next }) => {
  const reason = ctx.token === null ? 'missing_token' : refused.get(ctx.token);
  if (reason !== undefined) throw refusal(reason);
  return next();
});

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new TRPCError({ code: 'BAD_REQUEST' });
};

const auth = t.router({
  login: t.procedure.input(text).mutation(({ input }) => {
    if (input === '') throw refusal('invalid_credentials');
    return { token: input, at: new Date(0) };
  }),
  logout: authenticated.mutation(() => ({ revoked: 1 })),
});

const procedures = t.router({
  me: authenticated.query(({ ctx }) => ctx.token),
  save: authenticated.mutation(({ ctx }) => ctx.token),
  fail: t.procedure.input(text).query(({ input }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a code of the tests below
    throw new TRPCError({ code: input as TRPCError['code'] });
  }),
  refuse: t.procedure.input(text).query(({ input }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a reason of the tests below
    throw refusal(input as SessionErrorReason);
  }),
  /** Says who it is for, and then nothing more: after a while the client connects anew. */
  silent: authenticated.subscription(async function* ({ ctx, signal }) {
    yield tracked('1', { token: ctx.token, at: new Date(0) });
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  }),
  /** Ends in the middle. */
  cut: authenticated.subscription(async function* ({ ctx }) {
    yield ctx.token;
    throw refusal('revoked_session');
  }),
});

const nested = t.router({ auth, app: procedures });
const merged = t.mergeRouters(auth, t.router({ app: procedures }));

type Nested = TRPCClient<typeof nested>;

function connect({ url }: Pick<TestServer, 'url'>): Nested {
  return createTRPCClient<typeof nested>({ links: sessionLinks({ url, at: 'auth', tokens, transformer: superjson }) });
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('let in'),
    (error: unknown) => error,
  );
}

/** Subscribes until the subscription ends, and tells what became of it. */
async function outcomeOf(
  subscribe: (handlers: {
    onData: (data: unknown) => void;
    onError: (error: TRPCClientError<typeof nested>) => void;
  }) => unknown,
  onData: (data: unknown) => void = () => {},
): Promise<{ data: unknown[]; error: unknown }> {
  const data: unknown[] = [];
  const error = await new Promise((onError) => {
    subscribe({
      onData(value) {
        data.push(value);
        onData(value);
      },
      onError,
    });
  });
  return { data, error };
}

describe('the token', () => {
  test('is kept after login where the router is nested, and sent from then on', async () => {
    await using server = await serve(nested);
    const trpc = connect(server);
    expect(sessionErrorReason(await errorOf(trpc.app.me.query()))).toBe('missing_token');
    expect(server.requests[0]?.headers.authorization).toBeUndefined();

    expect(await trpc.auth.login.mutate('a')).toEqual({ token: 'a', at: new Date(0) });
    expect(tokens.get()).toBe('a');
    expect(await trpc.app.me.query()).toBe('a');
    expect(await trpc.app.save.mutate()).toBe('a');
  });

  test('is kept after login where the router is merged at the root', async () => {
    await using server = await serve(merged);
    const trpc = createTRPCClient<typeof merged>({
      links: sessionLinks({ url: server.url, tokens, transformer: superjson }),
    });
    await trpc.login.mutate('a');
    expect(tokens.get()).toBe('a');
    await trpc.logout.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('is in the store by the time that login resolves', async () => {
    await using server = await serve(nested);
    const trpc = connect(server);
    expect(await trpc.auth.login.mutate('a').then(() => trpc.app.me.query())).toBe('a');
  });

  test('is not taken from a procedure of the app that happens to be called login', async () => {
    const lookalike = t.router({ login: t.procedure.mutation(() => ({ token: 'other' })), auth });
    await using server = await serve(lookalike);
    const trpc = createTRPCClient<typeof lookalike>({
      links: sessionLinks({ url: server.url, at: 'auth', tokens, transformer: superjson }),
    });
    await trpc.login.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('stays as it was when login is refused', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server).auth.login.mutate('')))).toBe('invalid_credentials');
    expect(tokens.get()).toBe('a');
  });

  test('is dropped after logout', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    await connect(server).auth.logout.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('stays when logout cannot reach the server: the session is alive there', async () => {
    const server = await serve(nested);
    await server[Symbol.asyncDispose]();
    tokens.set('a');
    await expect(connect(server).auth.logout.mutate()).rejects.toThrow('fetch failed');
    expect(tokens.get()).toBe('a');
  });

  test('is the same for all calls of a batch', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    const trpc = connect(server);
    const first = trpc.app.me.query();
    tokens.set('b');
    expect(await Promise.all([first, trpc.app.me.query()])).toEqual(['b', 'b']);
    expect(server.requests).toHaveLength(1);
  });

  test('goes along with the headers of the app, and is never in a URL', async () => {
    await using server = await serve(nested);
    tokens.set('secret');
    const trpc = createTRPCClient<typeof nested>({
      links: sessionLinks({
        url: server.url,
        at: 'auth',
        tokens,
        transformer: superjson,
        headers: async ({ opList }) => ({
          'x-paths': opList.map(({ path }) => path),
          Authorization: 'Basic x',
          'x-none': undefined,
        }),
      }),
    });
    await trpc.app.me.query();
    refused.set('secret', 'revoked_session');
    await outcomeOf((handlers) => trpc.app.cut.subscribe(undefined, handlers));
    expect(server.requests.map(({ headers }) => [headers['x-paths'], headers.authorization])).toEqual([
      ['app.me', 'Bearer secret'],
      ['app.cut', 'Bearer secret'],
    ]);
    expect(server.requests.filter(({ url }) => url.includes('secret'))).toEqual([]);
  });

  test('leaves the headers of the app alone when there is none', async () => {
    await using server = await serve(nested);
    const headers = { authorization: 'Basic x' };
    const links = sessionLinks<typeof nested>({ url: server.url, at: 'auth', tokens, transformer: superjson, headers });
    await createTRPCClient<typeof nested>({ links }).auth.login.mutate('a');
    expect(server.requests[0]?.headers.authorization).toBe('Basic x');
  });

  test('is printed by no link that prints contexts', async () => {
    await using server = await serve(nested);
    tokens.set('secret');
    const contexts: unknown[] = [];
    const printer: TRPCLink<typeof nested> =
      () =>
      ({ op, next }) => {
        contexts.push(op.context);
        return next(op);
      };
    const trpc = createTRPCClient<typeof nested>({
      links: [
        sessionLink({ at: 'auth', tokens }),
        printer,
        httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    await trpc.app.me.query();
    expect(JSON.stringify(contexts)).not.toContain('secret');
  });
});

describe('a refusal', () => {
  test.each(['malformed_token', 'invalid_token', 'expired_token', 'revoked_session', 'idle_session'] as const)(
    'for %s drops the token, and reaches the caller',
    async (reason) => {
      await using server = await serve(nested);
      tokens.set('a');
      expect(sessionErrorReason(await errorOf(connect(server).app.refuse.query(reason)))).toBe(reason);
      expect(tokens.get()).toBeNull();
    },
  );

  test.each([
    'missing_token',
    'invalid_credentials',
    'too_many_attempts',
    'captcha_required',
    'fresh_session_required',
  ] as const)('for %s leaves the token', async (reason) => {
    await using server = await serve(nested);
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server).app.refuse.query(reason)))).toBe(reason);
    expect(tokens.get()).toBe('a');
  });

  test.each(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'])(
    'by the app, for %s, leaves the token',
    async (code) => {
      await using server = await serve(nested);
      tokens.set('a');
      await errorOf(connect(server).app.fail.query(code));
      expect(tokens.get()).toBe('a');
    },
  );

  test.each([
    ['a dead network', 0, ''],
    ['a gateway that answers in HTML', 502, '<h1>Bad gateway</h1>'],
    ['a gateway that says 401 in its own words', 401, '{"error":"who are you?"}'],
  ])('that comes from %s leaves the token', async (_, status, body) => {
    await using server = await serve(nested, {
      intercept(req, res) {
        if (status === 0) req.socket.destroy();
        else res.writeHead(status, { 'content-type': 'application/json' }).end(body);
        return true;
      },
    });
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server).app.me.query()))).toBeNull();
    expect(tokens.get()).toBe('a');
  });

  test('of ten calls at once, in one batch or in ten, clears the store once', async () => {
    await using server = await serve(nested);
    for (const maxItems of [10, 1]) {
      const set = vi.fn<TokenStore['set']>((token) => tokens.set(token));
      tokens = memoryTokenStore('a');
      refused.set('a', 'revoked_session');
      const watched: TokenStore = { get: () => tokens.get(), set, subscribe: (listener) => tokens.subscribe(listener) };
      const trpc = createTRPCClient<typeof nested>({
        links: sessionLinks({ url: server.url, at: 'auth', tokens: watched, transformer: superjson, maxItems }),
      });
      const calls = await Promise.allSettled(Array.from({ length: 10 }, () => trpc.app.me.query()));
      expect(calls.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
      expect(set.mock.calls).toEqual([[null]]);
    }
    expect(server.requests).toHaveLength(11);
  });

  test('does not undo a login that finished meanwhile', async () => {
    const held = Promise.withResolvers<void>();
    await using server = await serve(nested, {
      createContext: async (context) => {
        if (context.token === 'old') await held.promise;
        return context;
      },
    });
    refused.set('old', 'expired_token');
    tokens.set('old');
    const trpc = connect(server);
    const slow = errorOf(trpc.app.me.query());
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));

    tokens.set(null);
    await trpc.auth.login.mutate('new');
    held.resolve();
    expect(sessionErrorReason(await slow)).toBe('expired_token');
    expect(tokens.get()).toBe('new');
  });

  test('is held against the token that was sent, not the one that was there when the call began', async () => {
    await using server = await serve(nested);
    refused.set('sent', 'expired_token');
    tokens.set('early');
    const call = errorOf(connect(server).app.me.query());
    tokens.set('sent');
    await call;
    expect(server.requests[0]?.headers.authorization).toBe('Bearer sent');
    expect(tokens.get()).toBeNull();
  });

  test('is told apart between calls that share one context, and after links that copy it', async () => {
    const held = Promise.withResolvers<void>();
    await using server = await serve(nested, {
      createContext: async (context) => {
        if (context.token === 'a') await held.promise;
        return context;
      },
    });
    const copier: TRPCLink<typeof nested> =
      () =>
      ({ op, next }) =>
        next({ ...op, context: { ...op.context, copied: true } });
    const trpc = createTRPCClient<typeof nested>({
      links: [
        sessionLink({ at: 'auth', tokens }),
        copier,
        httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    const context = {};
    refused.set('a', 'revoked_session');
    tokens.set('a');
    const first = errorOf(trpc.app.me.query(undefined, { context }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    tokens.set('b');
    expect(await trpc.app.me.query(undefined, { context })).toBe('b');
    held.resolve();
    await first;
    expect(tokens.get()).toBe('b');
  });

  test('counts as well with links that note no token', async () => {
    await using server = await serve(nested);
    const trpc = createTRPCClient<typeof nested>({
      links: [
        sessionLink({ at: 'auth', tokens }),
        httpLink({
          url: server.url,
          transformer: superjson,
          headers: () => ({ authorization: `Bearer ${tokens.get()}` }),
        }),
      ],
    });
    refused.set('a', 'revoked_session');
    tokens.set('a');
    await errorOf(trpc.app.me.query());
    expect(tokens.get()).toBeNull();
  });
});

describe('a subscription', () => {
  test('is sent the token, and brings values as the transformer has them', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    for await (const { data } of connect(server).app.silent.subscribe()) {
      expect(data).toEqual({ token: 'a', at: new Date(0) });
      break;
    }
    expect(server.requests[0]?.headers.authorization).toBe('Bearer a');
    expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
  });

  test('that is refused at once ends with the reason, drops the token, and does not come back', async () => {
    await using server = await serve(nested);
    refused.set('a', 'revoked_session');
    tokens.set('a');
    const { data, error } = await outcomeOf((handlers) => connect(server).app.silent.subscribe(undefined, handlers));
    expect(data).toEqual([]);
    expect(sessionErrorReason(error)).toBe('revoked_session');
    expect(tokens.get()).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests).toHaveLength(1);
  });

  test('that a guard in front of tRPC refuses with a 401, before there is a stream, does the same', async () => {
    await using server = await serve(nested, {
      intercept(_, res) {
        const data = { code: 'UNAUTHORIZED', httpStatus: 401, session: { reason: 'expired_token' } };
        const error = superjson.serialize({ code: -32001, message: 'refused', data });
        res.writeHead(401, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify({ error }));
        return true;
      },
    });
    tokens.set('a');
    const { error } = await outcomeOf((handlers) => connect(server).app.silent.subscribe(undefined, handlers));
    expect(sessionErrorReason(error)).toBe('expired_token');
    expect(tokens.get()).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests).toHaveLength(1);
  });

  test('to a procedure that the server does not have ends with what the server says', async () => {
    await using server = await serve(t.router({}));
    const { error } = await outcomeOf((handlers) => connect(server).app.silent.subscribe(undefined, handlers));
    expect(error).toMatchObject({ data: { code: 'NOT_FOUND' } });
  });

  test('that a gateway refuses in words of its own ends as tRPC has it', async () => {
    await using server = await serve(nested, {
      intercept(_, res) {
        res.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"who are you?"}');
        return true;
      },
    });
    tokens.set('a');
    const { error } = await outcomeOf((handlers) => connect(server).app.silent.subscribe(undefined, handlers));
    expect(error).toMatchObject({ message: 'Non-200 status code (401)' });
    expect(tokens.get()).toBe('a');
  });

  test('that a gateway fails with a 5xx, before there is a stream, comes back by itself', async () => {
    let failures = 0;
    await using server = await serve(nested, {
      intercept(_, res) {
        failures += 1;
        if (failures > 1) return false;
        res.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
        return true;
      },
    });
    tokens.set('a');
    const states: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = connect(server).app.silent.subscribe(undefined, {
        onConnectionStateChange: ({ state, error }) => states.push(`${state} ${error?.message}`),
        onError: reject,
        onData() {
          subscription.unsubscribe();
          resolve();
        },
      });
    });
    expect(states).toContain('connecting The server answered with 502');
    expect(tokens.get()).toBe('a');
  });

  test('that is refused in the middle does the same', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    const { data, error } = await outcomeOf((handlers) => connect(server).app.cut.subscribe(undefined, handlers));
    expect(data).toEqual(['a']);
    expect(sessionErrorReason(error)).toBe('revoked_session');
    expect(tokens.get()).toBeNull();
  });

  test('takes the token of the moment each time it connects, and resumes where it was', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    refused.set('c', 'idle_session');
    const { error } = await outcomeOf(
      (handlers) => connect(server).app.silent.subscribe(undefined, handlers),
      () => tokens.set(tokens.get() === 'a' ? 'b' : 'c'),
    );
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer a', 'Bearer b', 'Bearer c']);
    expect(server.requests[1]?.url).toContain('lastEventId');
    expect(sessionErrorReason(error)).toBe('idle_session');
    expect(tokens.get()).toBeNull();
  });

  test('that was refused with an old token leaves the one of a login that finished meanwhile', async () => {
    await using server = await serve(nested, {
      createContext: (context) => {
        tokens.set('new');
        return context;
      },
    });
    refused.set('old', 'expired_token');
    tokens.set('old');
    const { error } = await outcomeOf((handlers) => connect(server).app.silent.subscribe(undefined, handlers));
    expect(sessionErrorReason(error)).toBe('expired_token');
    expect(tokens.get()).toBe('new');
  });

  test('says what is wrong with a fetch that returns half a response', async () => {
    const links = sessionLinks<typeof nested>({
      url: 'http://127.0.0.1',
      tokens,
      transformer: superjson,
      fetch: async () => ({ ok: true, json: async () => null }),
    });
    const states: string[] = [];
    const subscription = createTRPCClient<typeof nested>({ links }).app.silent.subscribe(undefined, {
      onConnectionStateChange: ({ error }) => states.push(error?.message ?? ''),
    });
    await vi.waitFor(() => expect(states).toContain('fetch: return a whole Response, with its status and headers'));
    subscription.unsubscribe();
  });
});

describe('sessionLink over a connection that keeps its token', () => {
  /** What `wsLink` does to an operation: it is sent over whatever connection there is. */
  function connection(refuse: () => SessionErrorReason | null): TRPCLink<typeof nested> {
    return () => () =>
      observable((observer) => {
        const reason = refuse();
        if (reason !== null)
          observer.error(Object.assign(new Error(reason), { data: { session: { reason } } }) as never);
      });
  }

  test('drops the token that the connection was opened with', async () => {
    tokens.set('a');
    sessionConnectionParams(tokens)();
    const trpc = createTRPCClient<typeof nested>({
      links: [sessionLink({ at: 'auth', tokens }), connection(() => 'revoked_session')],
    });
    await errorOf(trpc.app.me.query());
    expect(tokens.get()).toBeNull();
  });

  test('leaves a token that came after the connection was opened', async () => {
    tokens.set('a');
    sessionConnectionParams(tokens)();
    tokens.set('b');
    const trpc = createTRPCClient<typeof nested>({
      links: [sessionLink({ at: 'auth', tokens }), connection(() => 'revoked_session')],
    });
    await errorOf(trpc.app.me.query());
    expect(tokens.get()).toBe('b');
  });

  test('opens connections with the token of the moment, if any', () => {
    const params = sessionConnectionParams(tokens);
    expect(params()).toEqual({});
    tokens.set('a');
    expect(params()).toEqual({ token: 'a' });
  });
});

describe('the types', () => {
  const plain = initTRPC.create();
  const withoutTransformer = plain.router({ ping: plain.procedure.query(() => 'pong') });
  const url = 'http://127.0.0.1';

  test('require the transformer of a router that has one, and forbid it for one that has none', () => {
    createTRPCClient<typeof nested>({ links: sessionLinks({ url, at: 'auth', tokens, transformer: superjson }) });
    // @ts-expect-error -- the router has a transformer
    createTRPCClient<typeof nested>({ links: sessionLinks({ url, at: 'auth', tokens }) });
    createTRPCClient<typeof withoutTransformer>({ links: sessionLinks({ url, tokens }) });
    // @ts-expect-error -- the router has no transformer
    createTRPCClient<typeof withoutTransformer>({ links: sessionLinks({ url, tokens, transformer: superjson }) });
  });

  test('ask for the token store', () => {
    // @ts-expect-error -- nowhere to keep the token
    createTRPCClient<typeof withoutTransformer>({ links: sessionLinks({ url }) });
  });

  test('let our links stand among the links of the app', () => {
    const client = createWSClient({
      url: 'ws://127.0.0.1',
      lazy: { enabled: true, closeMs: 0 },
      connectionParams: sessionConnectionParams(tokens),
    });
    createTRPCClient<typeof nested>({
      links: [sessionLink({ at: 'auth', tokens }), wsLink({ client, transformer: superjson })],
    });
    expectTypeOf(sessionLinks<typeof nested>).returns.toEqualTypeOf<TRPCLink<typeof nested>[]>();
  });
});
