import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { sessionsContext } from '@trpc-sessions/server';
import { expect, test } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { listen } from '../support/servers.ts';

async function cacheControlOfLogin(ofApp: Record<string, string> | undefined): Promise<string | null> {
  await using app = await createTestApp();
  await using server = await listen(
    createHTTPHandler({
      router: app.router,
      basePath: '/trpc/',
      createContext: (opts) => sessionsContext(opts),
      responseMeta: ({ type }) => (type === 'query' || ofApp === undefined ? {} : { headers: ofApp }),
    }),
  );
  const response = await fetch(`${server.url}/auth.login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ json: { username: 'ada', password: 'right' } }),
  });
  expect(response.status).toBe(200);
  return response.headers.get('cache-control');
}

test('the answer with a token is stored in no cache, unless the responseMeta of the app says otherwise', async () => {
  expect(await cacheControlOfLogin(undefined)).toBe('no-store');
  expect(await cacheControlOfLogin({ vary: 'origin' })).toBe('no-store');
  // tRPC sets the headers of responseMeta last, and no context can prevent that.
  expect(await cacheControlOfLogin({ 'cache-control': 'max-age=60' })).toBe('max-age=60');
});
