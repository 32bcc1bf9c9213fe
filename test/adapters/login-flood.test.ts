import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { listen } from '../support/servers.ts';

const batchSize = 1400;
const flooding = '203.0.113.5';
const honest = '198.51.100.7';

/** The app of the README: its sign-in costs a password hash. */
async function startApp() {
  const { manager, ...app } = await createTestApp();
  const users = new Map([['ada', await hashPassword('lovelace')]]);
  /** How many password checks were begun and settled, by address. */
  const checks = new Map<string, { begun: number; settled: number }>();
  const sessions = createSessionsPlugin({
    manager,
    // It would refuse the flood before the queue of passwords does.
    throttle: false,
    async authenticate({ username, password }, request) {
      const own = checks.get(request.caller.ip ?? '') ?? { begun: 0, settled: 0 };
      checks.set(request.caller.ip ?? '', own);
      own.begun += 1;
      try {
        return (await verifyPassword(password, users.get(username), request)) ? { id: username } : null;
      } finally {
        if (!request.signal.aborted) own.settled += 1;
      }
    },
  });
  const router = initTRPC.context<SessionsContext>().create().router({ auth: sessions.router });
  const createContext: Parameters<typeof createHTTPHandler<typeof router>>[0]['createContext'] = (opts) =>
    sessionsContext(opts, { trustProxy: 1 });
  const server = await listen(createHTTPHandler({ router, basePath: '/trpc/', maxBatchSize: 50, createContext }));
  const headers = (ip: string) => ({ 'content-type': 'application/json', 'x-forwarded-for': ip });
  const logIn = (ip: string, password: string, signal: AbortSignal | null = null): Promise<Response> => {
    const body = JSON.stringify({ username: 'ada', password });
    return fetch(`${server.url}/auth.login`, { method: 'POST', headers: headers(ip), body, signal });
  };
  return {
    checksOf: (ip: string) => checks.get(ip) ?? { begun: 0, settled: 0 },
    logIn,
    sendBatch(ip: string, signal: AbortSignal): Promise<Response> {
      const logins = Array.from({ length: batchSize }, (_, n) => [n, { username: 'ada', password: `guess ${n}` }]);
      const path = logins.map(() => 'auth.login').join(',');
      const body = JSON.stringify(Object.fromEntries(logins));
      return fetch(`${server.url}/${path}?batch=1`, { method: 'POST', headers: headers(ip), body, signal });
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await manager.close();
      await app.database[Symbol.asyncDispose]();
    },
  };
}

test('an honest login from another network succeeds at once during a flood of aborted batches and logins', async () => {
  await using app = await startApp();
  const hangUp = new AbortController();
  const flood = [
    ...Array.from({ length: 5 }, () => app.sendBatch(flooding, hangUp.signal)),
    ...Array.from({ length: 60 }, (_, n) => app.logIn(flooding, `guess ${n}`, hangUp.signal)),
  ];
  const settled = Promise.allSettled(flood);
  await expect.poll(() => app.checksOf(flooding).begun).toBe(60);
  const before = app.checksOf(flooding).settled;
  const response = await app.logIn(honest, 'lovelace');
  expect(response.status).toBe(200);
  // It waited for the checks that were running, and not for those that were waiting.
  expect(app.checksOf(flooding).settled - before).toBeLessThan(10);

  hangUp.abort();
  await settled;
  expect((await app.logIn(honest, 'lovelace')).status).toBe(200);
  expect(app.checksOf(flooding).settled).toBeLessThan(40);
});
