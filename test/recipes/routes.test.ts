import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createSessionManager, type PublicKeys } from '@trpc-sessions/core';
import { describe, expect, test } from 'vitest';
import { sqlite } from '../support/database.ts';
import { listen } from '../support/servers.ts';
import { createApp as createExpressApp } from './express.ts';
import { createApp as createHonoApp } from './hono.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

async function createWorld(name: 'Express' | 'Hono') {
  const database = await sqlite.create();
  const keys = { kid: '2026-11', alg: 'ES256', privateKey } as const;
  const manager = createSessionManager({ db: database.db, keys });
  const app = name === 'Express' ? createExpressApp(manager) : undefined;
  const server = app && (await listen((request, response) => void app(request, response)));
  const hono = createHonoApp(manager);
  return {
    manager,
    database,
    request: (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      server === undefined
        ? Promise.resolve(hono.request(path, { headers }))
        : fetch(new URL(path, server.url), { headers }),
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]();
      await manager.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

describe.each(['Express', 'Hono'] as const)('a route of %s', (name) => {
  test('knows the user of a bearer token and of a cookie', async () => {
    await using w = await createWorld(name);
    const { token } = await w.manager.issue({ userId: 'ada' });
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: `__Host-session=${token}` }]) {
      expect(await (await w.request('/me', headers)).json()).toEqual({ userId: 'ada' });
    }
  });

  test('refuses a caller without a session, with the reason', async () => {
    await using w = await createWorld(name);
    const response = await w.request('/me');
    expect([response.status, await response.json()]).toEqual([401, { reason: 'missing_token' }]);
  });

  test('publishes the key with which another service verifies a token', async () => {
    await using w = await createWorld(name);
    const { token } = await w.manager.issue({ userId: 'ada' });
    const { keys } = (await (await w.request('/.well-known/jwks.json')).json()) as PublicKeys;
    const [header = '', payload = '', signature = ''] = token.split('.');
    const { kid }: { kid: string } = JSON.parse(Buffer.from(header, 'base64url').toString());
    const jwk = keys.find((each) => each.kid === kid);
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const data = Buffer.from(`${header}.${payload}`);
    const isValid = verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    expect(isValid).toBe(true);
    expect(jwk).not.toHaveProperty('d');
  });
});
