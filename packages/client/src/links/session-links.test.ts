import { createTRPCClient, httpBatchStreamLink, type TRPCLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { connect, nested, outcomeOf, refused } from '../testing/procedures.ts';
import { serve } from '../testing/server.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { sessionLinks } from './session-links.ts';

let tokens: TokenStore;

beforeEach(() => {
  refused.clear();
  tokens = memoryTokenStore();
});

test('all calls of a batch send the same token', async () => {
  await using server = await serve(nested);
  tokens.set('a');
  const trpc = connect(server, tokens);
  const first = trpc.app.me.query();
  tokens.set('b');
  expect(await Promise.all([first, trpc.app.me.query()])).toEqual(['b', 'b']);
  expect(server.requests).toHaveLength(1);
});

test('the token is sent beside the headers of the app, and never in a URL', async () => {
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

test('without a token, the headers of the app stay as they are', async () => {
  await using server = await serve(nested);
  const headers = { authorization: 'Basic x' };
  const links = sessionLinks<typeof nested>({ url: server.url, at: 'auth', tokens, transformer: superjson, headers });
  await createTRPCClient<typeof nested>({ links }).auth.login.mutate('a');
  expect(server.requests[0]?.headers.authorization).toBe('Basic x');
});

describe('the type of sessionLinks', () => {
  const plain = initTRPC.create();
  const withoutTransformer = plain.router({ ping: plain.procedure.query(() => 'pong') });
  const url = 'http://127.0.0.1';

  test('requires the transformer of a router that has one, and forbids it for a router that has none', () => {
    createTRPCClient<typeof nested>({ links: sessionLinks({ url, at: 'auth', tokens, transformer: superjson }) });
    // @ts-expect-error -- the router has a transformer
    createTRPCClient<typeof nested>({ links: sessionLinks({ url, at: 'auth', tokens }) });
    createTRPCClient<typeof withoutTransformer>({ links: sessionLinks({ url, tokens }) });
    // @ts-expect-error -- the router has no transformer
    createTRPCClient<typeof withoutTransformer>({ links: sessionLinks({ url, tokens, transformer: superjson }) });
  });

  test('requires the token store', () => {
    // @ts-expect-error -- no token store
    const links = () => sessionLinks<typeof withoutTransformer>({ url });
    expect(links).toThrow(/^tokens: /);
  });

  test('is a list of links', () => {
    expectTypeOf(sessionLinks<typeof nested>).returns.toEqualTypeOf<TRPCLink<typeof nested>[]>();
  });
});

test('another link may batch the calls, but none that may set a cookie, whose headers a stream has sent already', async () => {
  await using server = await serve(nested);
  const links = sessionLinks<typeof nested>({
    url: server.url,
    at: 'auth',
    tokens,
    transformer: superjson,
    keepTokenOf: ['app.save'],
    batchLink: httpBatchStreamLink,
  });
  const trpc = createTRPCClient<typeof nested>({ links });
  await trpc.auth.login.mutate('a');
  expect(await trpc.app.me.query()).toBe('a');
  await trpc.app.save.mutate();
  await trpc.auth.logout.mutate();
  const sent = server.requests.map(({ url, headers }) => [url.split('?')[0], headers['trpc-accept']]);
  expect(sent).toEqual([
    ['/auth.login', undefined],
    ['/app.me', 'application/jsonl'],
    ['/app.save', undefined],
    ['/auth.logout', undefined],
  ]);
});
