import { readFile } from 'node:fs/promises';
import { compileFunction } from 'node:vm';
import * as core from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionInfo, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { transform } from 'esbuild';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

// The route of docs/adapters.md, whose functions React Router calls with a request.

interface LoginRoute {
  loader(args: { request: Request }): Promise<Response>;
  action(args: { request: Request }): Promise<Response | string>;
}

const docs = new URL('../../docs/adapters.md', import.meta.url).pathname;

/** The route, with the names that the app has around it. */
async function routeOf(appRouter: unknown): Promise<LoginRoute> {
  const [, block = ''] = /```ts title="login\.ts"\n([\s\S]*?)```/.exec(await readFile(docs, 'utf8')) ?? [];
  const { code } = await transform(block, { loader: 'ts', format: 'cjs' });
  const module: { exports: LoginRoute | undefined } = { exports: undefined };
  compileFunction(code, ['module', 'require', 'appRouter', 'sessionsContext'])(
    module,
    () => core,
    appRouter,
    sessionsContext,
  );
  if (module.exports === undefined) throw new Error('the page has no login.ts');
  return module.exports;
}

async function createWorld() {
  const database = await sqlite.create();
  const manager = core.createSessionManager({ db: database.db, keys: secret });
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) => (password === 'lovelace' ? { id: username } : null),
  });
  const t = initTRPC.context<SessionsContext>().create();
  const { loader, action } = await routeOf(t.router({ auth: sessions.router }));
  const headers = { 'sec-fetch-site': 'same-origin' };
  return {
    manager,
    async load(cookie: string): Promise<SessionInfo | null> {
      const response = await loader({
        request: new Request('https://example.com/', { headers: { ...headers, cookie } }),
      });
      expect(response.headers.get('cache-control')).toContain('no-store');
      const { session }: { session: SessionInfo | null } = await response.json();
      return session;
    },
    submit(password: string) {
      const body = new URLSearchParams({ username: 'ada', password });
      return action({ request: new Request('https://example.com/login', { method: 'POST', headers, body }) });
    },
    async [Symbol.asyncDispose]() {
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

test('an action of React Router signs in with a cookie, by which a loader knows the session until it is revoked', async () => {
  await using w = await createWorld();
  const response = await w.submit('lovelace');
  if (typeof response === 'string') throw new Error(response);
  expect([response.status, response.headers.get('location')]).toEqual([302, '/']);
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(cookie).toMatch(/^__Host-session=/);
  expect(await w.load(cookie)).toMatchObject({ current: true });
  await w.manager.revokeAll('ada');
  expect(await w.load(cookie)).toBeNull();
});

test('an action of React Router returns a text for a wrong password, and a loader has no session for a visitor', async () => {
  await using w = await createWorld();
  expect(await w.submit('byron')).toBe('Wrong username or password.');
  expect(await w.load('')).toBeNull();
});
