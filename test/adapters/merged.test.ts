import type { SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';

// tRPC does not merge routers whose transformers or error formatters differ. Ours has neither, so the app's apply.

function mergeRouters(manager: SessionManager) {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) => (password === 'right' ? { id: username } : null),
  });
  const t = initTRPC.context<SessionsContext>().create({
    transformer: superjson,
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, app: 'formatted' } }),
  });
  const own = t.router({
    me: t.procedure.concat(sessions.authenticated).query(({ ctx }) => ctx.session.createdAt),
    broken: t.procedure.query(() => {
      throw new Error('of the app');
    }),
  });
  const yoursFirst = t.mergeRouters(own, sessions.router);
  // The merged types are those of the first router, so docs/guide.md says "yours first".
  const oursFirst = t.mergeRouters(sessions.router, own) as unknown as typeof yoursFirst;
  return { 'yours first': yoursFirst, 'ours first': oursFirst };
}

type MergedRouter = ReturnType<typeof mergeRouters>['yours first'];

function clientOf(router: MergedRouter, token: string | null) {
  const serve = (req: Request): Promise<Response> =>
    fetchRequestHandler({ endpoint: '/trpc', req, router, createContext: (opts) => sessionsContext(opts) });
  return createTRPCClient<MergedRouter>({
    links: [
      httpBatchLink({
        url: 'http://app/trpc',
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        transformer: superjson,
        fetch: (url, init) => serve(new Request(url, init as RequestInit)),
      }),
    ],
  });
}

describe.each(['yours first', 'ours first'] as const)('routers that are merged at the root, %s', (order) => {
  test('use the transformer and the error formatter of the app in our procedures', async () => {
    await using app = await createTestApp();
    const router = mergeRouters(app.manager)[order];
    const { token, session } = await clientOf(router, null).login.mutate({ username: 'ada', password: 'right' });
    const client = clientOf(router, token);

    expect(session.createdAt).toBeInstanceOf(Date);
    expect(await client.sessions.list.query()).toEqual([session]);
    expect(await client.me.query()).toEqual(session.createdAt);

    await expect(client.broken.query()).rejects.toMatchObject({ data: { app: 'formatted' } });
    await expect(client.sessions.get.query({ id: 'unknown' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND', app: 'formatted' },
    });
    await expect(clientOf(router, null).me.query()).rejects.toMatchObject({
      data: { code: 'UNAUTHORIZED', session: { reason: 'missing_token' } },
    });
    await expect(clientOf(router, null).login.mutate({ username: 'ada', password: 'wrong' })).rejects.toMatchObject({
      data: { session: { reason: 'invalid_credentials' } },
    });
  });
});
