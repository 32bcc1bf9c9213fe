import { createSessionManager, type Keys, type SessionManager } from '@trpc-sessions/core';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { createSessionsPlugin } from '../plugin.ts';
import { sessionsContext } from '../request/context.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { withoutStacks } from '../testing/without-stacks.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;
const secret = 'a secret of more than thirty-two bytes';

let db: Kysely<object>;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 26, 12);
  db = await createMigratedDatabase();
  return () => db.destroy();
});

const from = (ip: string | null, token: string | null = null) => ({
  caller: { token, ip, userAgent: null, clientHints: null },
});
const home = '198.51.100.7';

function createApp(keys: Keys = secret) {
  const manager: SessionManager = createSessionManager({ db, keys, clock: () => now });
  /** Passwords that were checked: each costs a hash. */
  const checks: string[] = [];
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) => {
      checks.push(password);
      return password === 'right' ? { id: username, claims: { username } } : null;
    },
  });
  const call = (password: string, deviceMark?: string, { ip = home, username = 'ada' } = {}) =>
    sessions.router.createCaller(from(ip)).login({ username, password, deviceMark });
  return {
    manager,
    sessions,
    checks,
    async markOf(deviceMark?: string, username = 'ada'): Promise<string> {
      const result = await call('right', deviceMark, { username });
      return result.deviceMark ?? '';
    },
    async logIn(...input: Parameters<typeof call>): Promise<string> {
      try {
        await call(...input);
        return 'signed in';
      } catch (error) {
        const { cause }: { cause?: { reason: string } } = Object(error);
        if (cause === undefined) throw error;
        return cause.reason;
      }
    },
  };
}
type App = ReturnType<typeof createApp>;

/** Guesses from many networks until the account and the owner's network wait. */
async function attack({ logIn }: App): Promise<void> {
  await withoutStacks(async () => {
    for (let n = 0; n < 20; n += 1) await logIn('wrong', undefined, { ip: `10.0.0.${n}` });
    for (let n = 0; n < 40; n += 1) await logIn('wrong', undefined, { username: `user ${n}` });
  });
  expect(await logIn('right', undefined, { ip: '203.0.113.200' })).toBe('too_many_attempts');
  expect(await logIn('right', undefined, { username: 'bob' })).toBe('too_many_attempts');
}

describe('a device that has signed in to the account before', () => {
  test('signs in though its account and its network wait', async () => {
    const app = createApp();
    const mark = await app.markOf();
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('signed in');
  });

  test('has ten wrong guesses of its own, then waits, and starts again when it has signed in', async () => {
    const app = createApp();
    const mark = await app.markOf();
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 10; n += 1) expect(await app.logIn('wrong', mark)).toBe('invalid_credentials');
      expect(await app.logIn('right', mark)).toBe('too_many_attempts');
      now += second;
      expect(await app.logIn('right', mark)).toBe('signed in');
    }
  });

  test('uses up no attempts of the account or the network', async () => {
    const app = createApp();
    const mark = await app.markOf();
    for (let n = 0; n < 60; n += 1) await app.logIn('wrong', mark);
    for (let n = 0; n < 10; n += 1) expect(await app.logIn('wrong')).toBe('invalid_credentials');
  });

  test('is known by its new mark and by its old one, for 180 days', async () => {
    const app = createApp();
    const mark = await app.markOf();
    now += 100 * day;
    const renewed = await app.markOf(mark);
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('signed in');
    now += 100 * day;
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('too_many_attempts');
    expect(await app.logIn('right', renewed)).toBe('signed in');
    now += 80 * day;
    await attack(app);
    expect(await app.logIn('right', renewed)).toBe('too_many_attempts');
  });

  test('stays known while it signs in from time to time, and is forgotten after twenty others', async () => {
    const app = createApp();
    let [used, unused] = [await app.markOf(), await app.markOf()];
    // A script signs in, and keeps no mark.
    for (let n = 0; n < 10; n += 1) await app.markOf();
    // A device that signs in again takes no further place, however often.
    for (let n = 0; n < 30; n += 1) used = await app.markOf(used);
    for (let n = 0; n < 9; n += 1) await app.markOf();
    await attack(app);
    expect(await app.logIn('right', used)).toBe('signed in');
    expect(await app.logIn('right', unused)).toBe('too_many_attempts');
  });

  test('stays known while it is one of the ten that signed in last, among devices that come again and scripts', async () => {
    const app = createApp();
    const marks: string[] = [];
    for (let n = 0; n < 10; n += 1) marks.push(await app.markOf());
    for (const n of [5, 9, 0, 5, 5, 3, 7, 1, 1, 2, 8, 4, 6, 0, 9, 3]) {
      marks.push(await app.markOf());
      marks[n] = await app.markOf(marks[n]);
    }
    await attack(app);
    const lastTen = [...[3, 9, 0, 6, 4].map((n) => marks[n]), ...marks.slice(-5)];
    for (const mark of lastTen) expect(await app.logIn('right', mark)).toBe('signed in');
  });

  test('is known where a key pair signs, beside a key that only verifies', async () => {
    const pem = (part: KeyObject, type: 'pkcs8' | 'spki') => part.export({ format: 'pem', type }).toString();
    const [own, other] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }));
    const app = createApp([
      { kid: 'own', alg: 'ES256', privateKey: pem(own!.privateKey, 'pkcs8') },
      { kid: 'other', alg: 'ES256', publicKey: pem(other!.publicKey, 'spki') },
    ]);
    const mark = await app.markOf();
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('signed in');
    const forged = mark.replace(
      /^[^.]+/,
      Buffer.from('{"alg":"HS256","typ":"trpc-session-mark+jwt","kid":"other"}').toString('base64url'),
    );
    expect(await app.logIn('right', forged)).toBe('too_many_attempts');
  });

  test('is known in processes with other keys of the same list', async () => {
    const [first, next] = ['2025', '2026'].map((kid) => ({ kid, alg: 'HS256' as const, secret: `${secret} ${kid}` }));
    const app = createApp([first!]);
    const mark = await app.markOf();
    const rotated = createApp([next!, first!]);
    await attack(rotated);
    expect(await rotated.logIn('right', mark)).toBe('signed in');
    expect(await rotated.logIn('right', await rotated.markOf(mark))).toBe('signed in');
    const dropped = createApp([next!]);
    await attack(dropped);
    expect(await dropped.logIn('right', mark)).toBe('too_many_attempts');
  });
});

/** The claims of a token, signed with the key of tokens, but of another type. */
function withType(token: string, typ: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ })).toString('base64url');
  const signed = `${header}.${token.split('.')[1]}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('a device mark', () => {
  test('is good for one account', async () => {
    const app = createApp();
    const ofBob = await app.markOf(undefined, 'bob');
    await attack(app);
    expect(await app.logIn('right', ofBob)).toBe('too_many_attempts');
    expect(await app.logIn('right', ofBob, { username: 'bob' })).toBe('signed in');
  });

  test('gives no guesses on an account whose name differs in case', async () => {
    const app = createApp();
    await attack(app);
    app.checks.length = 0;
    for (let n = 0; n < 3; n += 1) {
      const ofMallory = (await app.sessions.signIn(from(null), { id: 'mallory' }, { account: 'Ada' })).deviceMark;
      expect(await app.logIn('wrong', ofMallory, { username: 'ada' })).toBe('too_many_attempts');
    }
    expect(app.checks).toEqual([]);
  });

  test.each<[string, (app: App) => Promise<unknown>]>([
    ['when all sessions are revoked', ({ manager }) => manager.revokeAll('ada')],
    ['when the credentials change', ({ manager }) => manager.changeCredentials({ userId: 'ada' }, async () => {})],
    [
      'when the credentials change, also that of the session that is kept',
      async ({ manager }) => {
        const [session] = await manager.list('ada');
        await manager.changeCredentials({ userId: 'ada', keep: session!.id }, async () => {});
      },
    ],
  ])('ends %s', async (_, end) => {
    const app = createApp();
    const mark = await app.markOf();
    await end(app);
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('too_many_attempts');
    now += 2 * minute;
    const next = await app.markOf();
    await attack(app);
    expect(await app.logIn('right', next)).toBe('signed in');
  });

  test('stays when its session is signed out or revoked alone', async () => {
    const app = createApp();
    const mark = await app.markOf();
    const [session] = await app.manager.list('ada');
    await app.manager.revoke({ userId: 'ada', id: session!.id });
    await attack(app);
    expect(await app.logIn('right', mark)).toBe('signed in');
  });

  test('opens nothing, and an access token is none', async () => {
    const app = createApp();
    const { token, deviceMark = '' } = await app.sessions.router
      .createCaller(from(home))
      .login({ username: 'ada', password: 'right' });
    await expect(app.manager.verify(deviceMark)).rejects.toMatchObject({ reason: 'invalid_token' });
    const asMark = withType(token, 'trpc-session-mark+jwt');
    const noJson = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.bm8.bm8`;
    const faults: unknown[] = [];
    app.manager.on('fault', (fault) => faults.push(fault));
    await attack(app);
    for (const mark of [token, asMark, `${deviceMark}x`, 'not a mark', 'a.b.c', noJson, '']) {
      expect(await app.logIn('right', mark)).toBe('too_many_attempts');
    }
    expect(faults).toEqual([]);
  });

  test('holds neither the name of the account nor the password', async () => {
    const app = createApp();
    const { deviceMark: mark = '' } = await app.sessions.signIn(
      from(home),
      { id: '42' },
      { account: 'Ada.Lovelace@example.com' },
    );
    const claims: unknown = JSON.parse(Buffer.from(mark.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ account: expect.stringMatching(/^[a-z2-7]{32}$/) });
    expect(JSON.stringify(claims)).not.toMatch(/lovelace|example/);
  });

  test('of signIn is good for the account that the app names, and not for one that a claim names', async () => {
    const app = createApp();
    const user = { id: '42', claims: { username: 'ada' } };
    const { deviceMark } = await app.sessions.signIn(from(home), user);
    const byId = await app.sessions.signIn(from(home), { id: 'ada' });
    const named = await app.sessions.signIn(from(home), { id: '42' }, { account: 'ada' });
    await attack(app);
    expect(await app.logIn('right', deviceMark)).toBe('too_many_attempts');
    expect(await app.logIn('right', byId.deviceMark)).toBe('signed in');
    expect(await app.logIn('right', named.deviceMark)).toBe('signed in');
  });
});

test('over a cookie, the mark has an HttpOnly cookie of its own, which signing out leaves', async () => {
  const app = createApp();
  const cookies = new Map<string, string>();
  const context = () => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const appendHeader = (header: string, line: string): void => {
      if (header !== 'set-cookie') return;
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
      expect(attributes).toContain('HttpOnly');
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    };
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    return sessionsContext(
      { req: { method: 'POST', headers, socket: { remoteAddress: home } }, res: { appendHeader } },
      { cookie: true },
    );
  };
  await app.sessions.router.createCaller(context()).login({ username: 'ada', password: 'right' });
  expect([...cookies.keys()]).toEqual(['__Host-session', '__Host-session-mark']);
  await app.sessions.router.createCaller(context()).logout();
  expect([...cookies.keys()]).toEqual(['__Host-session-mark']);
  await attack(app);
  const again = await app.sessions.router.createCaller(context()).login({ username: 'ada', password: 'right' });
  expect(again.userId).toBe('ada');
  // A client that sends its mark empty has none of its own: the cookie still counts.
  const empty = { username: 'ada', password: 'right', deviceMark: '' };
  expect((await app.sessions.router.createCaller(context()).login(empty)).userId).toBe('ada');
});
