import { createSessionManager, localBus, memoryCache, type BusListener } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApp, secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';
import { propertyRuns } from '../support/optional.ts';

// Hostile headers, bodies and bus messages are refused with a reason, and without the database.

/** The characters that a header can hold (RFC 9110 §5.5). */
const headerValue = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCodePoint(code)) });
const base64url = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
const tokenLike = fc.tuple(base64url, base64url, base64url).map((parts) => parts.join('.'));
const header = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const signedLike = fc
  .tuple(fc.constantFrom('HS256', 'none', 'RS256', 'hs256', '', null), fc.jsonValue(), base64url)
  .map(([alg, payload, signature]) => `${header({ alg, typ: 'JWT' })}.${header(payload)}.${signature}`);
const authorization = fc.oneof(
  headerValue,
  fc
    .tuple(fc.constantFrom('Bearer ', 'JWT ', 'bearer  ', 'Basic '), fc.oneof(tokenLike, signedLike, headerValue))
    .map((parts) => parts.join('')),
);

test('no header authenticates, reaches the database or fails the server', async () => {
  await using app = await createTestApp();
  app.database.clearQueries();
  const headers = fc.record({
    authorization,
    cookie: headerValue,
    'user-agent': headerValue,
    'x-forwarded-for': headerValue,
    'sec-ch-ua': headerValue,
    'sec-ch-ua-platform': headerValue,
  });
  await fc.assert(
    fc.asyncProperty(headers, async (record) => {
      const response = await fetchRequestHandler({
        endpoint: '',
        req: new Request('http://localhost/me', { headers: record }),
        router: app.router,
        createContext: (opts) => sessionsContext(opts, { trustProxy: 1, cookie: true }),
      });
      expect(response.status).toBe(401);
      const { error } = (await response.json()) as { error: { json: { data: { session?: { reason: string } } } } };
      expect(error.json.data.session?.reason).toMatch(/^(?:missing|malformed|invalid)_token$/);
    }),
    { numRuns: propertyRuns(500) },
  );
  expect(app.database.queries).toEqual([]);
});

test('no body signs in or fails the server', async () => {
  await using app = await createTestApp();
  const body = fc.oneof(
    fc.string(),
    fc.json(),
    fc.jsonValue().map((value) => JSON.stringify({ json: value })),
  );
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom('login', 'sessions.revoke', 'sessions.get'), async (text, procedure) => {
      const response = await fetchRequestHandler({
        endpoint: '',
        req: new Request(`http://localhost/auth.${procedure}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: text,
        }),
        router: app.router,
        createContext: sessionsContext,
      });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    }),
    { numRuns: propertyRuns(300) },
  );
});

test('no bus message makes a session live or ends one', async () => {
  await using database = await sqlite.create();
  const listeners: BusListener[] = [];
  const bus = {
    ...localBus(),
    subscribe: (listener: BusListener) => (listeners.push(listener), listener.connected(), async () => {}),
  };
  const manager = createSessionManager({ db: database.db, keys: secret, bus, cache: memoryCache({ max: 9 }) });
  const { token, session } = await manager.issue({ userId: 'u1' });
  const ended = await manager.issue({ userId: 'u1' });
  await manager.revoke({ userId: 'u1', id: ended.session.id });
  const id = fc.constantFrom(session.id, ended.session.id, 'x');
  const message = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        from: fc.string(),
        ended: fc.record(
          { userId: fc.constantFrom('u1', 'u2'), ids: fc.array(id), exceptId: id },
          { requiredKeys: ['userId'] },
        ),
      })
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(message, async (text) => {
      await manager.verify(token);
      listeners[0]!.message(text);
      // A bus message only invalidates the cache. The database decides.
      await manager.verify(token);
      await expect(manager.verify(ended.token)).rejects.toMatchObject({ reason: 'revoked_session' });
    }),
    { numRuns: propertyRuns(300) },
  );
});
