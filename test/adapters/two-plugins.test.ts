import { cookieTokenStore, memoryTokenStore, sessionLink, sessionLinks, type TokenStore } from '@trpc-sessions/client';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { listen } from '../support/servers.ts';

// An app with two kinds of users, each with sessions of its own: as in docs/guide.md.

interface Context {
  customers: SessionsContext;
  staff: SessionsContext;
}

async function createWorld({ hasStaffCookieOnly = false } = {}) {
  const database = await sqlite.create();
  const { db } = database;
  const table = 'staff_sessions';
  await migrateToLatest(db, { table });
  const manager = createSessionManager({ db, keys: secret, audience: 'customers' });
  const staffManager = createSessionManager({ db, table, keys: secret, audience: 'staff' });
  const authenticate = ({ username }: { username: string }) => ({ id: username });
  const customers = createSessionsPlugin({ manager, authenticate, contextKey: 'customers' });
  const staff = createSessionsPlugin({ manager: staffManager, authenticate, contextKey: 'staff' });
  const t = initTRPC.context<Context>().create();
  const router = t.router({
    customers: customers.router,
    staff: staff.router,
    basket: t.procedure.concat(customers.authenticated).query(({ ctx }) => ctx.customers.userId),
    stock: t.procedure.concat(staff.authenticated).query(({ ctx }) => ctx.staff.userId),
    both: t.procedure
      .concat(customers.authenticated)
      .concat(staff.authenticated)
      .query(({ ctx }) => [ctx.customers.userId, ctx.staff.userId]),
  });
  const server = await listen(
    createHTTPHandler({
      router,
      basePath: '/trpc/',
      createContext: (opts) => ({
        customers: sessionsContext(opts, { cookie: { name: '__Host-customer' } }),
        staff: sessionsContext(opts, { cookie: { name: '__Host-staff' }, authorization: !hasStaffCookieOnly }),
      }),
    }),
  );

  return {
    manager,
    staffManager,
    /** A client of one of the two. */
    client: (at: 'customers' | 'staff', tokens: TokenStore) =>
      createTRPCClient<typeof router>({ links: sessionLinks({ url: server.url, at, plugin: at, tokens }) }),
    url: server.url,
    /** The one client of a page whose tokens are in cookies. */
    page(stores: { readonly customers: TokenStore; readonly staff: TokenStore }) {
      const jar = new Map<string, string>();
      const browserFetch: Parameters<typeof httpBatchLink<typeof router>>[0]['fetch'] = async (url, init) => {
        const headers = new Headers(init?.headers);
        headers.set('cookie', Array.from(jar, ([name, value]) => `${name}=${value}`).join('; '));
        headers.set('sec-fetch-site', 'same-origin');
        const { method = 'GET', body = null } = init ?? {};
        const response = await fetch(url, { method, headers, body: body as string | null });
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          if (value === '') jar.delete(name);
          else jar.set(name, value);
        }
        return response;
      };
      const links = [
        sessionLink<typeof router>({ at: 'customers', plugin: 'customers', tokens: stores.customers }),
        sessionLink<typeof router>({ at: 'staff', plugin: 'staff', tokens: stores.staff }),
        httpBatchLink<typeof router>({ url: server.url, fetch: browserFetch }),
      ];
      return { jar, client: createTRPCClient<typeof router>({ links }) };
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await manager.close();
      await staffManager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

const ada = { username: 'ada', password: 'any' };

/** A store of marks without a browser's storage. */
const cookieStore = () => {
  const items = new Map<string, string>();
  return cookieTokenStore({
    storage: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    },
  });
};

describe('two plugins in one app', () => {
  test('refuse the tokens of each other, and no client drops its token for that', async () => {
    await using w = await createWorld();
    const tokens = { customers: memoryTokenStore(), staff: memoryTokenStore() };
    const customer = w.client('customers', tokens.customers);
    const member = w.client('staff', tokens.staff);
    await customer.customers.login.mutate(ada);
    await member.staff.login.mutate(ada);
    expect(await customer.basket.query()).toBe('ada');
    expect(await member.stock.query()).toBe('ada');

    await expect(customer.stock.query()).rejects.toMatchObject({
      data: { session: { reason: 'invalid_token', plugin: 'staff' } },
    });
    await expect(member.basket.query()).rejects.toMatchObject({
      data: { session: { reason: 'invalid_token', plugin: 'customers' } },
    });
    expect(await Promise.all([customer.basket.query(), member.stock.query()])).toEqual(['ada', 'ada']);
  });

  test('end no session of each other, and a client drops the token that its own plugin refuses', async () => {
    await using w = await createWorld();
    const tokens = { customers: memoryTokenStore(), staff: memoryTokenStore() };
    const customer = w.client('customers', tokens.customers);
    const member = w.client('staff', tokens.staff);
    await customer.customers.login.mutate(ada);
    await member.staff.login.mutate(ada);
    await member.staff.logout.mutate();
    expect(tokens.staff.get()).toBeNull();
    expect(await customer.basket.query()).toBe('ada');
    await w.manager.revokeAll('ada');
    await expect(customer.basket.query()).rejects.toMatchObject({ data: { session: { reason: 'revoked_session' } } });
    expect(tokens.customers.get()).toBeNull();
  });

  test('have a cookie each, which one page sends together', async () => {
    await using w = await createWorld();
    const stores = { customers: cookieStore(), staff: cookieStore() };
    const { client, jar } = w.page(stores);
    await client.customers.login.mutate(ada);
    // The refusal of the other plugin signs no customer out.
    await expect(client.stock.query()).rejects.toMatchObject({ data: { session: { reason: 'missing_token' } } });
    expect(stores.customers.get()).not.toBeNull();

    await client.staff.login.mutate({ ...ada, username: 'grace' });
    expect([...jar.keys()].toSorted()).toEqual([
      '__Host-customer',
      '__Host-customer-mark',
      '__Host-staff',
      '__Host-staff-mark',
    ]);
    expect(await client.both.query()).toEqual(['ada', 'grace']);

    await client.staff.logout.mutate();
    expect([...jar.keys()].filter((name) => !name.endsWith('-mark'))).toEqual(['__Host-customer']);
    expect([stores.customers.get() === null, stores.staff.get()]).toEqual([false, null]);
    expect(await client.basket.query()).toBe('ada');
  });

  test('may have a token in a header, and one in a cookie', async () => {
    await using w = await createWorld({ hasStaffCookieOnly: true });
    const [customer, member] = [
      await w.manager.issue({ userId: 'ada' }),
      await w.staffManager.issue({ userId: 'grace' }),
    ];
    const headers = { authorization: `Bearer ${customer.token}`, cookie: `__Host-staff=${member.token}` };
    const response = await fetch(`${w.url}/both`, { headers });
    expect(await response.json()).toEqual({ result: { data: ['ada', 'grace'] } });
    const withoutCookie = await fetch(`${w.url}/stock`, { headers: { authorization: `Bearer ${member.token}` } });
    expect(withoutCookie.status).toBe(401);
  });
});
