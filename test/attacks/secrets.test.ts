import { format, inspect } from 'node:util';
import { createSessionManager, SessionError } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import superjson from 'superjson';
import { describe, expect, test, vi } from 'vitest';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

/** An app that copies its caller, as one does to set another address, and keeps every context and error for its log. */
async function loggingApp() {
  const database = await sqlite.create();
  const manager = createSessionManager({ db: database.db, keys: secret });
  const sessions = createSessionsPlugin({ manager, authenticate: ({ username: id }) => ({ id, claims: { id } }) });
  const logged: unknown[] = [];
  const t = initTRPC.context<SessionsContext>().create();
  const copied = t.procedure.use(({ ctx, next }) =>
    next({ ctx: { ...ctx, caller: { ...ctx.caller, ip: '203.0.113.7' } } }),
  );
  const router = t.router({
    auth: sessions.router,
    open: copied.query(({ ctx }) => void logged.push(ctx)),
    me: copied.concat(sessions.authenticated).query(({ ctx }) => {
      logged.push(ctx);
      return ctx.caller.ip;
    }),
    broken: copied.concat(sessions.authenticated).query(({ ctx }) => {
      throw new SessionError('fresh_session_required', { cause: { ctx } });
    }),
  });
  const { token } = await manager.issue({ userId: 'ada', claims: { id: 'ada' } });
  const call = (path: string, headers: Record<string, string>, options?: Parameters<typeof sessionsContext>[1]) =>
    fetchRequestHandler({
      endpoint: '',
      req: new Request(`http://localhost/${path}`, { headers }),
      router,
      createContext: (opts) => {
        const ctx = sessionsContext(opts, options);
        logged.push(ctx);
        return ctx;
      },
      onError: ({ ctx, error }) => logged.push(ctx, error),
    });
  return { manager, token, call, logged, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

/** Ways in which programs write down an object. */
const loggers: Readonly<Record<string, (value: unknown) => string>> = {
  JSON: (value) => JSON.stringify(value, withErrors) ?? '',
  'JSON of a spread': (value) => JSON.stringify({ ...(value as object) }, withErrors),
  superjson: (value) => superjson.stringify(value),
  inspect: (value) => inspect(value, { depth: Infinity }),
  'inspect of hidden properties': (value) => inspect(value, { depth: Infinity, showHidden: true }),
  'inspect of getters': (value) => inspect(value, { depth: Infinity, showHidden: true, getters: true }),
  'inspect without custom printing': (value) =>
    inspect(value, { depth: Infinity, showHidden: true, customInspect: false }),
  format: (value) => format('%s %o %O %j', value, value, value, value),
};

function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value;
}

describe.each(['Authorization', 'Cookie'])('a token from the header %s', (header) => {
  test.each(Object.entries(loggers))(
    'is in no log of a context or an error, by %s, nor is the lookup id',
    async (_, write) => {
      await using app = await loggingApp();
      const { token } = app;
      const [, payload = '', signature = ''] = token.split('.');
      const { lookup_id: lookupId } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { lookup_id: string };
      const headers = (sent: string): Record<string, string> =>
        header === 'Cookie' ? { cookie: `__Host-session=${sent}` } : { authorization: `Bearer ${sent}` };

      for (const path of ['open', 'me', 'broken', 'me,broken,open?batch=1']) {
        await app.call(path, headers(token), { cookie: true });
      }
      const forged = `${token.slice(0, -4)}AAAA`;
      await app.call('me', headers(forged), { cookie: true });
      await app.manager.revokeAll('ada');
      await app.call('me', headers(token), { cookie: true });

      expect(app.logged.length).toBeGreaterThan(12);
      const log = app.logged.map(write).join('\n');
      for (const text of [payload, signature, forged, lookupId]) expect(log).not.toContain(text);
      expect(log).toContain('203.0.113.7');
    },
  );
});

test('a copied caller shares the verification of its batch', async () => {
  await using app = await loggingApp();
  const verify = vi.spyOn(app.manager, 'verify');
  const response = await app.call('me,me,me?batch=1', { authorization: `Bearer ${app.token}` });
  expect(await response.json()).toEqual(Array.from({ length: 3 }, () => ({ result: { data: '203.0.113.7' } })));
  expect(verify).toHaveBeenCalledOnce();
});
