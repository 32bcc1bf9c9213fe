import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import type { SessionsContext } from '../request/context.ts';
import type { SignInResult } from './sign-in.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';

let manager: SessionManager;
let sessions: ReturnType<typeof createPlugin>;

beforeEach(async () => {
  const db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  sessions = createPlugin();
  return () => db.destroy();
});

function createPlugin() {
  return createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username, claims: { role: 'reader' }, data: { theme: 'dark' } }),
  });
}

const contextOf = (token: string | null): SessionsContext => ({
  caller: { token, ip: null, userAgent: null, clientHints: null },
});
const as = (token: string | null) => sessions.router.createCaller(contextOf(token));

async function signIn(userId: string) {
  return manager.issue({ userId, data: { is: 'private' } });
}

describe('sessions.rename', () => {
  test('names a session of the caller, in every answer that has the session', async () => {
    const [{ token, session }, other] = [await signIn('ada'), await signIn('ada')];
    const renamed = await as(other.token).sessions.rename({ id: session.id, name: 'My laptop' });
    expect(renamed).toMatchObject({ id: session.id, name: 'My laptop', current: false });
    const { list, page, get, current } = as(token).sessions;
    for (const info of [
      (await list()).find(({ id }) => id === session.id),
      (await page()).sessions.find(({ id }) => id === session.id),
      await get({ id: session.id }),
      await current(),
    ]) {
      expect(info).toMatchObject({ id: session.id, name: 'My laptop' });
      expect(JSON.stringify(info)).not.toContain('private');
    }
    expect((await get({ id: other.session.id })).name).toBeNull();
    expectTypeOf(renamed.name).toEqualTypeOf<string | null>();
  });

  test.each([
    [' My\u202e  lap\u0000top\n', 'My laptop'],
    ['x'.repeat(256), 'x'.repeat(64)],
    ['\ud83d\udcbb', '\ud83d\udcbb'],
    ['', null],
    [' \u200b\u2800', null],
    [null, null],
  ])('cleans the name %j to %j', async (name, cleaned) => {
    const { token, session } = await signIn('ada');
    await as(token).sessions.rename({ id: session.id, name: 'Before' });
    expect((await as(token).sessions.rename({ id: session.id, name })).name).toBe(cleaned);
  });

  test('finds no session of another user, and none that is unknown', async () => {
    const [ada, bob] = [await signIn('ada'), await signIn('bob')];
    for (const id of [bob.session.id, 'a'.repeat(32), '', 'x']) {
      await expect(as(ada.token).sessions.rename({ id, name: 'Mine' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: 'You have no such session.',
      });
    }
    expect((await as(bob.token).sessions.current()).name).toBeNull();
    await expect(as(null).sessions.rename({ id: ada.session.id, name: 'Mine' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
  });

  test.each([{ id: 'x' }, { id: 'x', name: 7 }, { id: 'x', name: 'x'.repeat(257) }, { name: 'x' }])(
    'refuses the input %j',
    async (input) => {
      const { token } = await signIn('ada');
      await expect(as(token).sessions.rename(input as { id: string; name: string })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      });
    },
  );
});

describe('the data of a session', () => {
  test('comes from authenticate or signIn, and replaces that of the session before it', async () => {
    const login = await as(null).login({ username: 'ada', password: 'right' });
    const dataOf = async (id: string) => (await manager.get({ userId: 'ada', id }))?.data;
    expect(await dataOf(login.session.id)).toEqual({ theme: 'dark' });
    expect(JSON.stringify(login)).not.toContain('dark');
    await as(login.token).sessions.rename({ id: login.session.id, name: 'My laptop' });

    const again = await sessions.signIn(contextOf(login.token), { id: 'ada' });
    expect(again.session.name).toBe('My laptop');
    expect(await dataOf(again.session.id)).toEqual({ theme: 'dark' });
    const last = await sessions.signIn(contextOf(again.token), { id: 'ada', data: { theme: 'light' } });
    expect(await dataOf(last.session.id)).toEqual({ theme: 'light' });
    expect(await manager.list('ada')).toHaveLength(1);
  });

  test('is of the session in the context, with lookUpData', async () => {
    const db = await createMigratedDatabase();
    const own = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', lookUpData: true });
    const t = initTRPC.context<SessionsContext>().create();
    const plugin = createSessionsPlugin({ manager: own, authenticate: () => null });
    const router = t.router({ mine: t.procedure.concat(plugin.authenticated).query(({ ctx }) => ctx.session.data) });
    const { token } = await own.issue({ userId: 'ada', data: { theme: 'dark' } });
    expect(await router.createCaller(contextOf(token)).mine()).toEqual({ theme: 'dark' });
    await db.destroy();
  });
});

describe('sessions.reissue', () => {
  test('returns what signIn returns, for the same session and with the new claims', async () => {
    const login = await as(null).login({ username: 'ada', password: 'right' });
    const result = await sessions.reissue(contextOf(login.token), { claims: { role: 'editor' } });
    expectTypeOf(result).toEqualTypeOf<SignInResult<{ role: string }>>();
    expect(result).toEqual({
      token: expect.any(String),
      session: login.session,
      userId: 'ada',
      claims: { role: 'editor' },
    });
    expect(await as(result.token).sessions.current()).toMatchObject({
      id: login.session.id,
      claims: { role: 'editor' },
    });
    const kept = await sessions.reissue(contextOf(result.token), { grace: '0s' });
    expect(kept.claims).toEqual({ role: 'editor' });
    await expect(as(result.token).sessions.current()).rejects.toMatchObject({ cause: { reason: 'revoked_session' } });
  });

  test('refuses a token that is not good, with its reason', async () => {
    const { token } = await signIn('ada');
    await manager.revokeAll('ada');
    await expect(sessions.reissue(contextOf(token), {})).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      cause: { reason: 'revoked_session' },
    });
    await expect(sessions.reissue(contextOf(null), {})).rejects.toMatchObject({ cause: { reason: 'missing_token' } });
  });
});
