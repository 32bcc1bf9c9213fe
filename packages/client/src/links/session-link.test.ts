import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpLink,
  retryLink,
  wsLink,
  type TRPCLink,
} from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { SessionErrorReason } from '@trpc-sessions/server';
import superjson from 'superjson';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sessionErrorReason } from '../errors.ts';
import { connect, errorOf, lookalike, merged, nested, outcomeOf, refused } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { sessionConnectionParams, sessionHeaders } from './headers.ts';
import { sessionLink } from './session-link.ts';
import { sessionLinks } from './session-links.ts';

let tokens: TokenStore;

beforeEach(() => {
  refused.clear();
  tokens = memoryTokenStore();
});

describe('the token', () => {
  test('is kept after login, and sent from then on', async () => {
    await using server = await serve(nested);
    const trpc = connect(server, tokens);
    expect(sessionErrorReason(await errorOf(trpc.app.me.query()))).toBe('missing_token');
    expect(server.requests[0]?.headers.authorization).toBeUndefined();

    expect(await trpc.auth.login.mutate('a')).toEqual({ token: 'a', at: new Date(0) });
    expect(tokens.get()).toBe('a');
    expect(await trpc.app.me.query()).toBe('a');
    expect(await trpc.app.save.mutate()).toBe('a');
  });

  test('is kept and dropped too when the router is merged at the root', async () => {
    await using server = await serve(merged);
    const trpc = createTRPCClient<typeof merged>({
      links: sessionLinks({ url: server.url, tokens, transformer: superjson }),
    });
    await trpc.login.mutate('a');
    expect(tokens.get()).toBe('a');
    await trpc.logout.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('is in the store before login resolves', async () => {
    await using server = await serve(nested);
    const trpc = connect(server, tokens);
    expect(await trpc.auth.login.mutate('a').then(() => trpc.app.me.query())).toBe('a');
  });

  test("is not taken from a procedure of the app's own that is called login", async () => {
    await using server = await serve(lookalike);
    const trpc = createTRPCClient<typeof lookalike>({
      links: sessionLinks({ url: server.url, at: 'auth', tokens, transformer: superjson }),
    });
    await trpc.login.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('is kept of the procedures that `keepTokenOf` names, from the root of the router', async () => {
    await using server = await serve(lookalike);
    const trpc = createTRPCClient<typeof lookalike>({
      links: sessionLinks({ url: server.url, at: 'app', tokens, keepTokenOf: ['login'], transformer: superjson }),
    });
    await trpc.login.mutate();
    expect(tokens.get()).toBe('other');
    await trpc.auth.login.mutate('a');
    expect(tokens.get()).toBe('other');

    const both = createTRPCClient<typeof lookalike>({
      links: [
        sessionLink({ tokens, keepTokenOf: ['auth.login', 'auth.logout'] }),
        httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    await both.auth.login.mutate('a');
    expect(tokens.get()).toBe('a');
    // A result without a token changes nothing.
    await both.auth.logout.mutate();
    expect(tokens.get()).toBe('a');
  });

  test('stays when login is refused', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server, tokens).auth.login.mutate('')))).toBe(
      'invalid_credentials',
    );
    expect(tokens.get()).toBe('a');
  });

  test('is dropped after logout', async () => {
    await using server = await serve(nested);
    tokens.set('a');
    await connect(server, tokens).auth.logout.mutate();
    expect(tokens.get()).toBeNull();
  });

  test('stays when logout cannot reach the server, which still has the session', async () => {
    const server = await serve(nested);
    await server[Symbol.asyncDispose]();
    tokens.set('a');
    await expect(connect(server, tokens).auth.logout.mutate()).rejects.toThrow('fetch failed');
    expect(tokens.get()).toBe('a');
  });
});

describe('a refusal', () => {
  test.each(['malformed_token', 'invalid_token', 'expired_token', 'revoked_session', 'idle_session'] as const)(
    'with %s drops the token and rejects the call',
    async (reason) => {
      await using server = await serve(nested);
      tokens.set('a');
      expect(sessionErrorReason(await errorOf(connect(server, tokens).app.refuse.query(reason)))).toBe(reason);
      expect(tokens.get()).toBeNull();
    },
  );

  test.each([
    'missing_token',
    'invalid_credentials',
    'too_many_attempts',
    'captcha_required',
    'fresh_session_required',
  ] as const)('with %s keeps the token', async (reason) => {
    await using server = await serve(nested);
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server, tokens).app.refuse.query(reason)))).toBe(reason);
    expect(tokens.get()).toBe('a');
  });

  test.each(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE', 'UNAUTHORIZED', 'FORBIDDEN', 'TOO_MANY_REQUESTS'])(
    'by the app itself, with %s, keeps the token',
    async (code) => {
      await using server = await serve(nested);
      tokens.set('a');
      await errorOf(connect(server, tokens).app.fail.query(code));
      expect(tokens.get()).toBe('a');
    },
  );

  test.each([
    ['a broken connection', 0, ''],
    ['a gateway that answers in HTML', 502, '<h1>Bad gateway</h1>'],
    ['a gateway that answers 401 in its own format', 401, '{"error":"who are you?"}'],
  ])('does not come from %s: the token stays', async (_, status, body) => {
    await using server = await serve(nested, {
      intercept(req, res) {
        if (status === 0) req.socket.destroy();
        else res.writeHead(status, { 'content-type': 'application/json' }).end(body);
        return true;
      },
    });
    tokens.set('a');
    expect(sessionErrorReason(await errorOf(connect(server, tokens).app.me.query()))).toBeNull();
    expect(tokens.get()).toBe('a');
  });

  test('of ten calls, in one batch or in ten, clears the store once', async () => {
    await using server = await serve(nested);
    for (const maxItems of [10, 1]) {
      const held = memoryTokenStore('a');
      const set = vi.fn<TokenStore['set']>((token) => held.set(token));
      refused.set('a', 'revoked_session');
      const trpc = createTRPCClient<typeof nested>({
        links: sessionLinks({
          url: server.url,
          at: 'auth',
          tokens: { ...held, set },
          transformer: superjson,
          maxItems,
        }),
      });
      const calls = await Promise.allSettled(Array.from({ length: 10 }, () => trpc.app.me.query()));
      expect(calls.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'rejected'));
      expect(set.mock.calls).toEqual([[null, 'revoked_session']]);
    }
    expect(server.requests).toHaveLength(11);
  });

  test('of an old token does not drop the token of a login that finished in the meantime', async () => {
    const held = Promise.withResolvers<void>();
    await using server = await serve(nested, {
      createContext: async (context) => {
        if (context.token === 'old') await held.promise;
        return context;
      },
    });
    refused.set('old', 'expired_token');
    tokens.set('old');
    const trpc = connect(server, tokens);
    const slow = errorOf(trpc.app.me.query());
    await expect.poll(() => server.requests).toHaveLength(1);

    tokens.set(null);
    await trpc.auth.login.mutate('new');
    held.resolve();
    expect(sessionErrorReason(await slow)).toBe('expired_token');
    expect(tokens.get()).toBe('new');
  });

  test('drops the token that was sent, even if the store held another when the call began', async () => {
    await using server = await serve(nested);
    refused.set('sent', 'expired_token');
    tokens.set('early');
    const call = errorOf(connect(server, tokens).app.me.query());
    tokens.set('sent');
    await call;
    expect(server.requests[0]?.headers.authorization).toBe('Bearer sent');
    expect(tokens.get()).toBeNull();
  });

  test('drops only its own token when calls share a context, and when a link copies the context', async () => {
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
    await expect.poll(() => server.requests).toHaveLength(1);
    tokens.set('b');
    expect(await trpc.app.me.query(undefined, { context })).toBe('b');
    held.resolve();
    await first;
    expect(tokens.get()).toBe('b');
  });

  test('drops the token that was held when the call began, if the sending link does not record its token', async () => {
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

describe('a refusal over a WebSocket', () => {
  /** Refuses like `wsLink`, which sends an operation over the open connection. */
  const refusing =
    (reason: SessionErrorReason): TRPCLink<typeof nested> =>
    () =>
    () =>
      observable((observer) =>
        observer.error(Object.assign(new Error(reason), { data: { session: { reason } } }) as never),
      );

  test('drops the token that the connection was opened with', async () => {
    tokens.set('a');
    sessionConnectionParams(tokens)();
    const links = [sessionLink({ at: 'auth', tokens }), refusing('revoked_session')];
    await errorOf(createTRPCClient<typeof nested>({ links }).app.me.query());
    expect(tokens.get()).toBeNull();
  });

  test('keeps a token that came after the connection was opened', async () => {
    tokens.set('a');
    sessionConnectionParams(tokens)();
    tokens.set('b');
    const links = [sessionLink({ at: 'auth', tokens }), refusing('revoked_session')];
    await errorOf(createTRPCClient<typeof nested>({ links }).app.me.query());
    expect(tokens.get()).toBe('b');
  });
});

describe('a refusal of a call that another link retries', () => {
  test('keeps its reason when `retryLink` is before ours, for each call that shares a context', async () => {
    await using server = await serve(nested);
    refused.set('a', 'revoked_session');
    tokens.set('a');
    const trpc = createTRPCClient<typeof nested>({
      links: [
        retryLink({ retry: ({ attempts }) => attempts < 3 }),
        sessionLink({ at: 'auth', tokens }),
        httpBatchLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    const context = {};
    const calls = [0, 1].map(() => errorOf(trpc.app.me.query(undefined, { context })));
    expect((await Promise.all(calls)).map(sessionErrorReason)).toEqual(['revoked_session', 'revoked_session']);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer a', undefined, undefined]);
    expect(sessionErrorReason(await errorOf(trpc.app.me.query()))).toBe('missing_token');
  });

  test('does not stop a retry that has a new token', async () => {
    await using server = await serve(nested);
    refused.set('a', 'revoked_session');
    tokens.set('a');
    const trpc = createTRPCClient<typeof nested>({
      links: [
        retryLink({
          retry({ attempts }) {
            tokens.set('b');
            return attempts < 2;
          },
        }),
        sessionLink({ at: 'auth', tokens }),
        httpLink({ url: server.url, transformer: superjson, headers: sessionHeaders(tokens) }),
      ],
    });
    expect(await trpc.app.me.query()).toBe('b');
  });
});

describe('a stored value that is no token', () => {
  test.each<[string, unknown]>([
    ['a line break', 'a\nb'],
    ['an emoji', '🔑'],
    ['20 kB', 'a'.repeat(20_000)],
    ['nothing', undefined],
    ['an object', {}],
  ])('does not make calls fail: %s', async (_, value) => {
    await using server = await serve(nested);
    let held = value as string | null;
    const custom: TokenStore = { get: () => held, set: (token) => void (held = token), subscribe: () => () => {} };
    const trpc = connect(server, custom);
    expect(sessionErrorReason(await errorOf(trpc.app.me.query()))).toBe('missing_token');
    expect(sessionErrorReason(await errorOf(trpc.auth.logout.mutate()))).toBe('missing_token');
    const { error } = await outcomeOf((handlers) => trpc.app.silent.subscribe(undefined, handlers));
    expect(sessionErrorReason(error)).toBe('missing_token');
    await trpc.auth.login.mutate('b');
    expect(await trpc.app.me.query()).toBe('b');
  });
});

describe('a wrong option is a TypeError that names it:', () => {
  test.each(['auth.', '.auth', 'account..auth', ' auth', 'auth ', 'account auth', '/auth', 'auth/', '.', ' ', 5, null])(
    'at %j',
    (at) => {
      const wrong = at as string;
      expect(() => sessionLink({ at: wrong, tokens })).toThrow(TypeError);
      expect(() => sessionLink({ at: wrong, tokens })).toThrow(/^at: /);
      expect(() => sessionLinks({ url: '/', at: wrong, tokens })).toThrow(/^at: /);
    },
  );

  test.each(['auth', 'account.auth', 'a-b_c', 'sitzung.größe', '', undefined])('at %j is right', (at) => {
    expect(() => sessionLink({ at, tokens })).not.toThrow();
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a text', 'eyJ'],
    ['the function that makes a store', memoryTokenStore],
    ['a store without subscribe', { get: () => null, set: () => {} }],
  ])('tokens %s', (_, value) => {
    const wrong = value as TokenStore;
    expect(() => sessionLink({ tokens: wrong })).toThrow(TypeError);
    expect(() => sessionLink({ tokens: wrong })).toThrow(/^tokens: /);
    expect(() => sessionLinks({ url: '/', tokens: wrong })).toThrow(/^tokens: /);
    expect(() => sessionHeaders(wrong)).toThrow(/^tokens: /);
    expect(() => sessionConnectionParams(wrong)).toThrow(/^tokens: /);
  });

  test.each<[string, unknown]>([
    ['a text', 'signUp'],
    ['a path that cannot be', ['signUp.']],
    ['an empty path', ['']],
    ['a number', [5]],
    ['null', null],
  ])('keepTokenOf %s', (_, value) => {
    const keepTokenOf = value as string[];
    expect(() => sessionLink({ tokens, keepTokenOf })).toThrow(/^keepTokenOf: /);
    expect(() => sessionLinks({ url: '/', tokens, keepTokenOf })).toThrow(/^keepTokenOf: /);
  });

  test('an unknown option, such as a misspelt one', () => {
    const misspelt = { att: 'auth', tokens };
    expect(() => sessionLink(misspelt)).toThrow('att: unknown option');
  });

  test('no url', () => {
    expect(() => sessionLinks({ tokens } as never)).toThrow('url: expected a text or a URL');
  });
});

test('sessionLink compiles beside links of the app', () => {
  const client = createWSClient({
    url: 'ws://127.0.0.1',
    lazy: { enabled: true, closeMs: 0 },
    connectionParams: sessionConnectionParams(tokens),
  });
  createTRPCClient<typeof nested>({
    links: [sessionLink({ at: 'auth', tokens }), wsLink({ client, transformer: superjson })],
  });
});
