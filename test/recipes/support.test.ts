import { memoryTokenStore, sessionErrorReason, sessionLinks } from '@trpc-sessions/client';
import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { listen } from '../support/servers.ts';
import { createSupport, refuseSupport, type Claims } from './support.ts';

const users = [
  { id: 'ada', isStaff: false },
  { id: 'grace', isStaff: true },
  { id: 'edith', isStaff: true },
];

async function createWorld() {
  const database = await sqlite.create();
  const manager = createSessionManager({
    db: database.db,
    keys: secret,
    maxSessionsPerUser: (_, { claims }) => (claims['actor'] === undefined ? 1 : Infinity),
  });
  const findUser = async (id: string) => users.find((user) => user.id === id) ?? null;
  const { router: auth, authenticated } = createSessionsPlugin({
    manager,
    authenticate: async ({ username }): Promise<{ id: string; claims: Claims } | null> => {
      const user = await findUser(username);
      return user && { id: user.id, claims: { isStaff: user.isStaff } };
    },
  });
  const t = initTRPC.context<SessionsContext>().create();
  const router = t.router({
    auth,
    support: createSupport({ manager, authenticated, findUser }),
    me: t.procedure.concat(authenticated).query(({ ctx }) => [ctx.userId, ctx.claims.actor]),
    setPassword: refuseSupport(authenticated).mutation(() => 'done'),
  });
  const server = await listen(
    createHTTPHandler({ router, basePath: '/trpc/', createContext: (opts) => sessionsContext(opts, { cookie: true }) }),
  );
  const clientOf = (token: string | null, headers: Record<string, string> = {}) =>
    createTRPCClient<typeof router>({
      links: sessionLinks({ url: server.url, at: 'auth', tokens: memoryTokenStore(token), headers }),
    });
  return {
    manager,
    clientOf,
    async signIn(username: string) {
      const { token } = await clientOf(null).auth.login.mutate({ username, password: 'any' });
      return { token, client: clientOf(token) };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('staff acts as a user, beside its own session in a cookie, and the claims say who acts', async () => {
  await using w = await createWorld();
  const grace = await w.signIn('grace');
  const { token } = await grace.client.support.actAs.mutate({ userId: 'ada' });
  const asAda = w.clientOf(token, { cookie: `__Host-session=${grace.token}` });
  expect(await asAda.me.query()).toEqual(['ada', 'grace']);
  expect(await grace.client.me.query()).toEqual(['grace', null]);
});

test('the user sees support in the list, keeps every session, and can end that of support', async () => {
  await using w = await createWorld();
  const ada = await w.signIn('ada');
  const [own] = await w.manager.list('ada');
  const { token } = await (await w.signIn('grace')).client.support.actAs.mutate({ userId: 'ada' });
  const asAda = w.clientOf(token);
  await asAda.me.query();
  await w.manager.flush();

  const [support, before] = await w.manager.list('ada');
  expect(before).toMatchObject({ id: own?.id, lastSeenAt: own?.lastSeenAt });
  expect(support?.data).toEqual({ actor: 'grace' });
  const listed = await ada.client.auth.sessions.list.query();
  expect(listed.map(({ device }) => device.name)).toContain('Our support');
  await ada.client.auth.sessions.revokeOthers.mutate();
  expect(await asAda.me.query().catch(sessionErrorReason)).toBe('revoked_session');
});

test('no other caller acts as a user, staff does not act as staff, and support cannot do what only the user may', async () => {
  await using w = await createWorld();
  const [ada, grace] = [await w.signIn('ada'), await w.signIn('grace')];
  const { token } = await grace.client.support.actAs.mutate({ userId: 'ada' });
  const asAda = w.clientOf(token);
  const forbidden = { data: { code: 'FORBIDDEN' } };
  await expect(ada.client.support.actAs.mutate({ userId: 'ada' })).rejects.toMatchObject(forbidden);
  await expect(asAda.support.actAs.mutate({ userId: 'ada' })).rejects.toMatchObject(forbidden);
  await expect(grace.client.support.actAs.mutate({ userId: 'edith' })).rejects.toMatchObject(forbidden);
  await expect(grace.client.support.actAs.mutate({ userId: 'unknown' })).rejects.toMatchObject(forbidden);
  await expect(asAda.setPassword.mutate()).rejects.toMatchObject(forbidden);
  expect(await ada.client.setPassword.mutate()).toBe('done');
});
