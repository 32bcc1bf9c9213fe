import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, migrateToLatest } from '@trpc-sessions/core';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC } from '@trpc/server';
import { getMigrations } from 'better-auth/db/migration';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { createAuth } from './betterauth.ts';

const body = { email: 'ada@example.com', password: 'lovelace-1815', name: 'Ada' };

async function createWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-better-auth-'));
  const [own, database] = [new SqliteDatabase(join(folder, 'app.db')), new SqliteDatabase(join(folder, 'app.db'))];
  await migrateToLatest(own);
  const manager = createSessionManager({ db: own, keys: secret });
  const { router: sessions, authenticated, signIn } = createSessionsPlugin({ manager, authenticate: () => null });
  const { auth, start } = createAuth(manager, signIn, {
    database,
    secret,
    baseURL: 'http://localhost:3000',
    // Its scrypt takes longer than the rest, and no password is guessed here.
    emailAndPassword: {
      enabled: true,
      password: {
        hash: (password) => Promise.resolve(password),
        verify: ({ hash, password }) => Promise.resolve(hash === password),
      },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  const t = initTRPC.context<SessionsContext & { headers: Headers }>().create();
  const router = t.router({
    sessions,
    start: t.procedure.mutation(({ ctx }) => start(ctx, ctx.headers)),
    me: t.procedure.concat(authenticated).query(({ ctx }) => ctx.userId),
  });
  const headersOf = (response: { headers: Headers }) =>
    new Headers({
      cookie: response.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
    });
  const caller = (token: string | null, headers = new Headers()) => router.createCaller({ caller: { token }, headers });
  const first = headersOf(await auth.api.signUpEmail({ body, returnHeaders: true }));
  return {
    auth,
    manager,
    caller,
    first,
    signIn: async () => headersOf(await auth.api.signInEmail({ body, returnHeaders: true })),
    /** Whether better-auth still knows the browser. */
    isKnown: async (headers: Headers) => (await auth.api.getSession({ headers })) !== null,
    async [Symbol.asyncDispose]() {
      await manager.close();
      for (const connection of [own, database]) connection.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe('beside better-auth', () => {
  test('a user who has signed in there lists the devices here', async () => {
    await using w = await createWorld();
    const { token, userId } = await w.caller(null, w.first).start();
    await w.caller(null, await w.signIn()).start();
    expect(await w.caller(token).me()).toBe(userId);
    expect(await w.caller(token).sessions.sessions.list()).toHaveLength(2);
  });

  test('a session that is revoked here ends there too, and begins no other', async () => {
    await using w = await createWorld();
    const own = await w.caller(null, w.first).start();
    const other = await w.signIn();
    const { session, token } = await w.caller(null, other).start();
    await w.caller(own.token).sessions.sessions.revoke({ id: session.id });
    await expect(w.caller(token).me()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
    await expect.poll(() => w.isKnown(other)).toBe(false);
    await expect(w.caller(null, other).start()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await w.isKnown(w.first)).toBe(true);
  });

  test('all other sessions end, also one that has not begun here', async () => {
    await using w = await createWorld();
    const own = await w.caller(null, w.first).start();
    const other = await w.signIn();
    await w.caller(null, await w.signIn()).start();
    await w.caller(own.token).sessions.sessions.revokeOthers();
    await expect.poll(() => w.isKnown(other)).toBe(false);
    expect(await w.isKnown(w.first)).toBe(true);
    expect(await w.manager.list(own.userId)).toHaveLength(1);
  });

  test('signing out there ends the session here', async () => {
    await using w = await createWorld();
    const { token } = await w.caller(null, w.first).start();
    await w.auth.api.signOut({ headers: w.first });
    await expect(w.caller(token).me()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
  });

  test('a session there begins one session here, and a visitor none', async () => {
    await using w = await createWorld();
    const { userId } = await w.caller(null, w.first).start();
    const again = await Promise.allSettled([1, 2, 3].map(() => w.caller(null, w.first).start()));
    expect(again.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(w.caller(null).start()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(await w.manager.list(userId)).toHaveLength(1);
  });
});

test('the recipe for better-auth has fewer than 30 lines', () => {
  const code = readFileSync(new URL('betterauth.ts', import.meta.url), 'utf8');
  expect(code.split('\n').filter((line) => line !== '').length).toBeLessThan(30);
});
