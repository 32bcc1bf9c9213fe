import { createHash } from 'node:crypto';
import { memoryTokenStore, sessionLinks, type TokenStore } from '@trpc-sessions/client';
import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { GitHub } from 'arctic';
import express from 'express';
import fastify from 'fastify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { listen } from '../support/servers.ts';
import { expressCallback, fastifyCallback, nextCallback } from './callback.ts';
import { createMail } from './mail.ts';
import { createOAuth, type OAuth } from './oauth.ts';
import type { OneTimeTexts } from './onetime.ts';
import { createPasskeys } from './passkeys.ts';

function createOneTimeTexts(): OneTimeTexts & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    set: async (key, text) => texts.set(key, text),
    async take(key) {
      const text = texts.get(key);
      texts.delete(key);
      return text;
    },
  };
}

/** A vector of SimpleWebAuthn's own tests (MIT): a passkey on localhost, and its signature. */
const passkey = {
  id: 'AaIBxnYfL2pDWJmIii6CYgHBruhVvFGHheWamphVioG_TnEXxKA9MW4FWnJh21zsbmRpRJso9i2JmAtWOtXfVd4oXTgYVusXwhWWsA',
  publicKey: Buffer.from(
    'pQECAyYgASFYILTrxTUQv3X4DRM6L_pk65FSMebenhCx3RMsTKoBm-AxIlggEf3qk5552QLNSh1T1oQs7_2C2qysDwN4r4fCp52Hsqs',
    'base64url',
  ),
  counter: 0,
  userId: 'ada',
};
const signed = {
  id: passkey.id,
  rawId: passkey.id,
  response: {
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFYftypQ',
    clientDataJSON:
      'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZXlKaFkzUjFZV3hEYUdGc2JHVnVaMlVpT2lKTE0xRjRUMnB1VmtwTWFVZHNibFpGY0RWMllUVlJTbVZOVmxkT1psODNVRmxuZFhSbllrRjBRVlZCSWl3aVlYSmlhWFJ5WVhKNVJHRjBZU0k2SW5OcFoyNU5aVkJzWldGelpTSjkiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0OjgwMDAiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
    signature: 'MEUCIByFAVGfkoKPEzynp-37BX_HOXSaC6-58-ELjB7BG9opAiEAyD_1mN9YAPrphcwpzK3ym2Xx8EjAapgQ326mKgQ1pW0',
    userHandle: 'internalUserId',
  },
  type: 'public-key',
  clientExtensionResults: {},
} as const;
const { challenge }: { challenge: string } = JSON.parse(
  Buffer.from(signed.response.clientDataJSON, 'base64url').toString(),
);

const realFetch = fetch;

/** GitHub, which knows one code. */
function answerAsGitHub(): void {
  vi.stubGlobal('fetch', async (...[input, init]: Parameters<typeof fetch>) => {
    const request = input instanceof Request ? input : undefined;
    if (request?.url.startsWith('https://github.com/') !== true) return realFetch(input, init);
    const code = new URLSearchParams(await request.text()).get('code');
    return Response.json(
      code === 'right' ? { access_token: 'gho_ada', token_type: 'bearer', scope: '' } : { error: 'bad_code' },
      { status: code === 'right' ? 200 : 400 },
    );
  });
}

afterEach(() => vi.unstubAllGlobals());

async function createWorld() {
  answerAsGitHub();
  const database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  const { router: auth, authenticated, optional, signIn } = createSessionsPlugin({ manager, authenticate: () => null });
  const [pending, challenges, links] = [createOneTimeTexts(), createOneTimeTexts(), createOneTimeTexts()];
  const counters: number[] = [];
  const mails: { email: string; secret: string }[] = [];
  const oauth = createOAuth({
    manager,
    signIn,
    pending,
    github: new GitHub('client', 'secret', null),
    findOrCreateUser: async (accessToken) => ({ id: accessToken === 'gho_ada' ? 'ada' : 'unknown' }),
  });
  const t = initTRPC.context<SessionsContext>().create();
  const router = t.router({
    auth,
    me: t.procedure.concat(authenticated).query(({ ctx }) => ctx.userId),
    github: {
      begin: t.procedure.mutation(async () => {
        const { state, url } = await oauth.begin();
        return { state, url: url.href };
      }),
      // For an app without cookies, which keeps the state itself.
      finish: t.procedure
        .concat(optional)
        .input(z.object({ code: z.string(), state: z.string(), ownState: z.string() }))
        .mutation(({ ctx, input }) => oauth.finish(ctx, input)),
    },
    passkeys: createPasskeys({
      manager,
      optional,
      signIn,
      challenges,
      rpID: 'localhost',
      origin: 'http://localhost:8000',
      findPasskey: async (id) => (id === passkey.id ? passkey : null),
      saveCounter: async (_, counter) => counters.push(counter),
    }),
    mail: createMail({
      manager,
      optional,
      signIn,
      links,
      findUserByEmail: async (email) => (email === 'ada@example.com' ? { id: 'ada' } : null),
      sendLink: async (email, text) => mails.push({ email, secret: text }),
    }),
  });
  const server = await listen(
    createHTTPHandler({ router, basePath: '/trpc/', createContext: (opts) => sessionsContext(opts, { cookie: true }) }),
  );
  const keepTokenOf = ['github.finish', 'passkeys.verify', 'mail.verify'];
  const client = (tokens: TokenStore, headers: Record<string, string> = {}) =>
    createTRPCClient<typeof router>({
      links: sessionLinks({ url: server.url, at: 'auth', tokens, keepTokenOf, headers }),
    });
  return {
    manager,
    oauth,
    challenges,
    links,
    mails,
    counters,
    client,
    /** Calls a procedure as a page whose token is in a cookie, and returns the cookie that it sets. */
    async cookieOf(path: string, input: unknown): Promise<string> {
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
      const response = await fetch(`${server.url}/${path}`, { method: 'POST', headers, body: JSON.stringify(input) });
      return response.headers.get('set-cookie')?.split(';')[0] ?? '';
    },
    userOf: (cookie: string) => client(memoryTokenStore(), { cookie }).me.query(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

type World = Awaited<ReturnType<typeof createWorld>>;

/** How each way proves who the user is: the input of its last procedure. */
const ways = [
  [
    'OAuth',
    'github.finish',
    async ({ oauth }: World) => {
      const { state } = await oauth.begin();
      return { code: 'right', state, ownState: state };
    },
  ],
  [
    'a passkey',
    'passkeys.verify',
    async ({ manager, challenges }: World) => {
      await challenges.set(challenge, await manager.signInMark());
      return signed;
    },
  ],
  [
    'a magic link',
    'mail.verify',
    async ({ client, mails }: World) => {
      await client(memoryTokenStore()).mail.request.mutate({ email: 'ada@example.com' });
      return { secret: mails.at(-1)!.secret };
    },
  ],
] as const;

describe.each(ways)('signing in with %s', (_, path, prove) => {
  const finish = (w: World, tokens: TokenStore, input: never) => {
    const { github, passkeys, mail } = w.client(tokens);
    if (path === 'github.finish') return github.finish.mutate(input);
    return path === 'passkeys.verify' ? passkeys.verify.mutate(input) : mail.verify.mutate(input);
  };

  test('from a procedure, the client keeps the bearer token', async () => {
    await using w = await createWorld();
    const tokens = memoryTokenStore();
    await finish(w, tokens, (await prove(w)) as never);
    expect(tokens.get()).not.toBeNull();
    expect(await w.client(tokens).me.query()).toBe('ada');
  });

  test('from a procedure, the page gets a cookie', async () => {
    await using w = await createWorld();
    expect(await w.userOf(await w.cookieOf(path, await prove(w)))).toBe('ada');
  });

  test('works once, and not after the sessions of the user were revoked', async () => {
    await using w = await createWorld();
    const refused = { data: { code: 'UNAUTHORIZED', session: { reason: 'invalid_credentials' } } };
    const proof = (await prove(w)) as never;
    await finish(w, memoryTokenStore(), proof);
    await expect(finish(w, memoryTokenStore(), proof)).rejects.toMatchObject(refused);
    const begun = (await prove(w)) as never;
    await w.manager.revokeAll('ada');
    await expect(finish(w, memoryTokenStore(), begun)).rejects.toMatchObject(refused);
    expect(await w.manager.list('ada')).toEqual([]);
  });
});

describe('a passkey', () => {
  test.each([
    [
      'another signature',
      { ...signed, response: { ...signed.response, signature: signed.response.authenticatorData } },
    ],
    ['another origin', { ...signed, response: { ...signed.response, clientDataJSON: 'e30' } }],
    ['an unknown id', { ...signed, id: 'none' }],
  ])('with %s is refused', async (_, response) => {
    await using w = await createWorld();
    await w.challenges.set(challenge, await w.manager.signInMark());
    await expect(w.client(memoryTokenStore()).passkeys.verify.mutate(response)).rejects.toMatchObject({
      data: { session: { reason: 'invalid_credentials' } },
    });
  });

  test('saves its counter, and options have a challenge that is known', async () => {
    await using w = await createWorld();
    const options = await w.client(memoryTokenStore()).passkeys.options.mutate();
    expect(w.challenges.texts.has(options.challenge)).toBe(true);
    await w.challenges.set(challenge, await w.manager.signInMark());
    await w.client(memoryTokenStore()).passkeys.verify.mutate(signed);
    expect(w.counters).toHaveLength(1);
  });
});

describe('a magic link', () => {
  test('is stored as a hash, and none is sent to an unknown address, with the same answer', async () => {
    await using w = await createWorld();
    const { mail } = w.client(memoryTokenStore());
    const known = await mail.request.mutate({ email: 'ada@example.com' });
    expect(await mail.request.mutate({ email: 'eve@example.com' })).toEqual(known);
    const [sent] = w.mails;
    expect(w.mails).toHaveLength(1);
    expect([...w.links.texts.keys()]).toEqual([createHash('sha256').update(sent!.secret).digest('base64url')]);
  });
});

/** Serves the callback of the provider. */
const servers: Record<
  string,
  (oauth: OAuth) => Promise<((path: string, headers: HeadersInit) => Promise<Response>) & AsyncDisposable>
> = {
  async Express(oauth) {
    const app = express().get('/callback', expressCallback(oauth));
    const server = await listen((request, response) => void app(request, response));
    const call = (path: string, headers: HeadersInit) =>
      fetch(new URL(path, server.url), { headers, redirect: 'manual' });
    return Object.assign(call, { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() });
  },
  async Fastify(oauth) {
    const app = fastify();
    app.get('/callback', fastifyCallback(oauth));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const call = (path: string, headers: HeadersInit) => fetch(new URL(path, url), { headers, redirect: 'manual' });
    return Object.assign(call, { [Symbol.asyncDispose]: () => app.close() });
  },
  async 'Next.js'(oauth) {
    const get = nextCallback(oauth);
    const call = (path: string, headers: HeadersInit) => get(new Request(new URL(path, 'http://app'), { headers }));
    return Object.assign(call, { [Symbol.asyncDispose]: async () => {} });
  },
};

describe.each(Object.entries(servers))('the callback of a provider in a route of %s', (_, start) => {
  const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };

  test('signs in with a cookie, and goes on to the page', async () => {
    await using w = await createWorld();
    await using call = await start(w.oauth);
    const { state, url } = await w.oauth.begin();
    expect([url.host, url.searchParams.get('state')]).toEqual(['github.com', state]);
    const response = await call(`/callback?code=right&state=${state}`, {
      ...navigation,
      cookie: `theme=dark; oauth_state=${state}`,
    });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
    expect(await w.userOf(response.headers.get('set-cookie')?.split(';')[0] ?? '')).toBe('ada');
  });

  test('refuses the link of another visitor, and a code that the provider does not know', async () => {
    await using w = await createWorld();
    await using call = await start(w.oauth);
    const outcomeOf = (query: string, cookie: string) =>
      call(`/callback?${query}`, { ...navigation, cookie }).then(
        ({ status, headers }) => status >= 400 && headers.get('set-cookie') === null,
        () => true,
      );
    const { state } = await w.oauth.begin();
    expect(await outcomeOf(`code=right&state=${state}`, '')).toBe(true);
    expect(await outcomeOf(`code=right&state=${state}`, 'oauth_state=other')).toBe(true);
    expect(await outcomeOf(`code=wrong&state=${state}`, `oauth_state=${state}`)).toBe(true);
    expect(await w.manager.list('ada')).toEqual([]);
  });
});
