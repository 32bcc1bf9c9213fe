import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createSessionsPlugin } from '../plugin.ts';
import type { LimiterBucket } from './limiter.ts';
import type { ThrottleOptions } from './throttle-options.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { withoutStacks } from '../testing/without-stacks.ts';

const second = 1000;
const minute = 60 * second;

let db: Kysely<object>;
let manager: SessionManager;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 26, 12);
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', clock: () => now });
  return async () => {
    await manager.close();
    await db.destroy();
  };
});

/** Networks that were made up so far. */
let networks = 0;
const newNetwork = (): string => `10.${(networks += 1) >> 16}.${(networks >> 8) & 255}.${networks & 255}`;
const from = (ip: string | null) => ({ caller: { token: null, ip, userAgent: 'a browser', clientHints: null } });

function createApp(throttle?: ThrottleOptions | false) {
  /** Passwords that were checked: each costs a hash. */
  const checks: string[] = [];
  const sessions = createSessionsPlugin({
    manager,
    throttle,
    authenticate: async ({ username, password }) => {
      checks.push(password);
      await Promise.resolve();
      return password === 'right' ? { id: username } : null;
    },
  });
  /** Signs in, by default from a network of its own. Returns the reason of a refusal, or 'signed in'. */
  async function logIn(
    password: string,
    { username = 'ada', ip = newNetwork() }: { username?: string; ip?: string | null } = {},
  ) {
    try {
      await sessions.router.createCaller(from(ip)).login({ username, password });
      return 'signed in';
    } catch (error) {
      return reasonOf(error);
    }
  }
  return { checks, logIn, sessions };
}

function reasonOf(error: unknown): string {
  const { cause }: { cause?: { reason: string; retryAfter?: number } } = Object(error);
  if (cause === undefined) throw error;
  return cause.retryAfter === undefined ? cause.reason : `${cause.reason}, ${cause.retryAfter} s`;
}

const wrong = 'invalid_credentials';

describe('wrong guesses on an account', () => {
  test('are refused after the tenth, from whatever network they come', async () => {
    const { logIn, checks } = createApp();
    for (let n = 0; n < 10; n += 1) expect(await logIn('wrong')).toBe(wrong);
    expect(await logIn('wrong')).toBe('too_many_attempts, 1 s');
    expect(checks).toHaveLength(10);
  });

  test('get the answer of a right one while they are refused, and no password is checked', async () => {
    const { logIn, checks } = createApp();
    for (let n = 0; n < 10; n += 1) await logIn('wrong');
    expect(await logIn('right')).toBe(await logIn('wrong'));
    expect(checks).not.toContain('right');
  });

  test('wait twice as long after each further one, and a minute at most', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 10; n += 1) await logIn('wrong');
    const waits: string[] = [];
    for (let n = 0; n < 9; n += 1) {
      const refused = await logIn('wrong');
      waits.push(refused.replace('too_many_attempts, ', ''));
      now += Number.parseInt(waits.at(-1) ?? '', 10) * second;
      expect(await logIn('wrong')).toBe(wrong);
    }
    expect(waits).toEqual(['1 s', '2 s', '4 s', '8 s', '16 s', '32 s', '60 s', '60 s', '60 s']);
  });

  test('do not push the end of a wait back while they are refused', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 10; n += 1) await logIn('wrong');
    now += second - 1;
    for (let n = 0; n < 50; n += 1) await logIn('wrong');
    now += 1;
    expect(await logIn('right')).toBe('signed in');
  });

  test('that run at once are ten at most, too', async () => {
    const { logIn, checks } = createApp();
    const answers = await Promise.all(Array.from({ length: 100 }, () => logIn('wrong')));
    expect(checks).toHaveLength(10);
    expect(answers.filter((answer) => answer === wrong)).toHaveLength(10);
  });

  test('that run at once beside right ones are ten at most, too', async () => {
    const { logIn } = createApp();
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => logIn(n % 3 === 0 ? 'right' : 'wrong')));
    expect(answers.filter((answer) => answer === wrong)).toHaveLength(10);
  });

  test('let its owner sign in a minute after they have stopped, however many they were', async () => {
    const { logIn } = createApp();
    await withoutStacks(async () => {
      for (let n = 0; n < 300; n += 1) {
        await logIn('wrong');
        now += 10 * second;
      }
    });
    now += minute;
    expect(await logIn('right')).toBe('signed in');
  });

  test('are not freed by a sign-in, which may be that of another device', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 9; n += 1) await logIn('wrong');
    for (let n = 0; n < 3; n += 1) expect(await logIn('right')).toBe('signed in');
    expect(await logIn('wrong')).toBe(wrong);
    expect(await logIn('wrong')).toBe('too_many_attempts, 1 s');
  });

  test('are counted together for names that differ in case or width, and apart for other accounts', async () => {
    const { logIn } = createApp();
    const names = ['Ada', 'ADA', 'ada ', '\u{FF21}da', 'aDa'];
    for (let n = 0; n < 10; n += 1) await logIn('wrong', { username: names[n % names.length] ?? '' });
    expect(await logIn('right')).toMatch(/^too_many_attempts/);
    expect(await logIn('right', { username: 'bob' })).toBe('signed in');
  });

  test('are counted together for names that a database may take for one', async () => {
    const { logIn } = createApp();
    const names = ['\u00E4da', 'a\u0301da', 'a\u200Bda', 'ad\u00E2', 'a\u0111a', '\u{1F130}DA', 'ada\u00AD'];
    for (const username of names) await logIn('wrong', { username });
    for (let n = 0; n < 3; n += 1) await logIn('wrong');
    expect(await logIn('right')).toMatch(/^too_many_attempts/);
    expect(await logIn('right', { username: '\u0430\u0434\u0430' })).toBe('signed in');
  });

  test('are dropped an hour after the last one', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 12; n += 1) await logIn('wrong');
    now += 60 * minute;
    for (let n = 0; n < 10; n += 1) expect(await logIn('wrong')).toBe(wrong);
  });
});

describe('right passwords', () => {
  test('that come at once are all accepted, in turns within the limit', async () => {
    const { logIn } = createApp();
    const ip = '203.0.113.5';
    const answers = await Promise.all(Array.from({ length: 100 }, () => logIn('right', { ip })));
    expect(new Set(answers)).toEqual(new Set(['signed in']));
  });

  test('wait for no attempt that an app leaves open', async () => {
    const { logIn, sessions } = createApp();
    for (let n = 0; n < 10; n += 1) await sessions.throttle(from(newNetwork()), 'ada');
    expect(await logIn('right')).toBe('too_many_attempts, 1 s');
  });

  test('wait in a bounded number', async () => {
    const { logIn } = createApp();
    const answers = await Promise.all(Array.from({ length: 150 }, () => logIn('right')));
    expect(answers.filter((answer) => answer === 'signed in')).toHaveLength(110);
  });
});

describe('wrong guesses from a network', () => {
  let guesses = 0;
  const other = () => ({ username: `user ${(guesses += 1)}` });

  test('are refused after the thirtieth, on whatever account', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 30; n += 1) expect(await logIn('wrong', { ip: '203.0.113.5', ...other() })).toBe(wrong);
    expect(await logIn('right', { ip: '203.0.113.5', ...other() })).toBe('too_many_attempts, 1 s');
    expect(await logIn('right', { ip: '203.0.113.6', ...other() })).toBe('signed in');
  });

  test('are counted together for the /64 of an IPv6 address', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 30; n += 1) await logIn('wrong', { ip: `2001:db8:0:7::${n}`, ...other() });
    expect(await logIn('right', { ip: '2001:db8:0:7:8::', ...other() })).toMatch(/^too_many_attempts/);
    expect(await logIn('right', { ip: '2001:db8:0:8::1', ...other() })).toBe('signed in');
  });

  test('are not counted for a caller without an address, such as the server itself', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 40; n += 1) expect(await logIn('wrong', { ip: null, ...other() })).toBe(wrong);
  });

  test('use up no attempts on an account while they are refused', async () => {
    const { logIn } = createApp();
    for (let n = 0; n < 30; n += 1) await logIn('wrong', { ip: '203.0.113.5', ...other() });
    for (let n = 0; n < 30; n += 1) await logIn('wrong', { ip: '203.0.113.5' });
    expect(await logIn('right')).toBe('signed in');
  });
});

test('a fault of the app counts as no guess', async () => {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' })),
  });
  const { login } = sessions.router.createCaller(from('203.0.113.5'));
  for (let n = 0; n < 40; n += 1) {
    await expect(login({ username: 'ada', password: 'x' })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  }
});

describe('the option throttle', () => {
  test('false limits nothing', async () => {
    const { logIn } = createApp(false);
    for (let n = 0; n < 40; n += 1) expect(await logIn('wrong', { ip: '203.0.113.5' })).toBe(wrong);
  });

  test('sets other limits, and Infinity none', async () => {
    const { logIn } = createApp({ attemptsPerAccount: 2, attemptsPerNetwork: Infinity });
    for (let n = 0; n < 2; n += 1) expect(await logIn('wrong', { ip: '203.0.113.5' })).toBe(wrong);
    expect(await logIn('wrong')).toMatch(/^too_many_attempts/);
    for (let n = 0; n < 40; n += 1) await logIn('wrong', { ip: '203.0.113.5', username: `user ${n}` });
    expect(await logIn('right', { ip: '203.0.113.5', username: 'bob' })).toBe('signed in');
  });

  test('names the account of credentials of another form', async () => {
    const sessions = createSessionsPlugin({
      manager,
      credentials: z.object({ phone: z.string(), pin: z.string() }),
      throttle: { account: ({ phone }) => phone },
      authenticate: () => null,
    });
    const logIn = (phone: string) =>
      sessions.router.createCaller(from(newNetwork())).login({ phone, pin: '0000' }).catch(reasonOf);
    for (let n = 0; n < 10; n += 1) await logIn('+1 555 0100');
    expect(await logIn('+1 555 0100')).toMatch(/^too_many_attempts/);
    expect(await logIn('+1 555 0101')).toBe(wrong);
  });

  test.each([5, {}, ['ada']])('is a fault of the app if it names the account by no text: %j', async (account) => {
    const { sessions, checks } = createApp({ account: () => account as never });
    const login = sessions.router.createCaller(from(newNetwork())).login({ username: 'ada', password: 'right' });
    await expect(login).rejects.toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      message: 'The server failed to answer this call.',
    });
    expect(checks).toEqual([]);
  });

  test('is not named by a field that the app does not read', async () => {
    const checks: string[] = [];
    const { router } = createSessionsPlugin({
      manager,
      credentials: z.looseObject({ email: z.string(), password: z.string() }),
      authenticate: ({ password }) => (checks.push(password), null),
    });
    const logIn = (more: object) =>
      router
        .createCaller(from(newNetwork()))
        .login({ email: 'ada@example.com', password: 'a guess', ...more })
        .catch(reasonOf);
    await expect(logIn({ username: 'bob' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(checks).toEqual([]);
    expect(await logIn({})).toBe(wrong);
    expect(await logIn({ username: '' })).toBe(wrong);
    expect(await logIn({ username: ['bob'] })).toBe(wrong);
  });

  test('takes a limiter, whose buckets hold no names', async () => {
    const asked: LimiterBucket[] = [];
    const given: string[] = [];
    const { logIn } = createApp({
      limiter(bucket) {
        asked.push(bucket);
        return { retryAfter: asked.length > 4 ? 7 : 0, giveBack: () => given.push(bucket.by) };
      },
    });
    expect(await logIn('wrong', { ip: '203.0.113.5' })).toBe(wrong);
    expect(await logIn('right', { ip: '203.0.113.5' })).toBe('signed in');
    expect(await logIn('right', { ip: '203.0.113.5' })).toBe('too_many_attempts, 7 s');
    expect(given).toEqual(['network', 'account']);
    expect(asked.map(({ by, free }) => [by, free])).toEqual([
      ['network', 30],
      ['account', 10],
      ['network', 30],
      ['account', 10],
      ['network', 30],
    ]);
    for (const { key } of asked) expect(key).toMatch(/^[a-z2-7]{32}$/);
  });

  test.each<[string, object]>([
    ['throttle.acount: there is no such option; the options are account, attemptsPerAccount', { acount: () => 'ada' }],
    ['throttle.account: expected a function', { account: 'ada' }],
    ["throttle.store: expected 'memory', 'database' or 'redis', got \"disk\"", { store: 'disk' }],
    ['throttle.attemptsPerNetwork: expected a whole number of at least 1', { attemptsPerNetwork: 0 }],
  ])('is refused by name: %s', (message, throttle) => {
    expect(() => createApp(throttle)).toThrow(message);
  });
});

test('unblock drops the attempts on an account, and on no other', async () => {
  const { logIn, sessions } = createApp();
  for (const username of ['ada', 'bob']) for (let n = 0; n < 12; n += 1) await logIn('wrong', { username });
  expect(await sessions.unblock('Ada')).toBe(true);
  expect(await sessions.unblock('Ada')).toBe(false);
  expect(await logIn('right')).toBe('signed in');
  expect(await logIn('right', { username: 'bob' })).toMatch(/^too_many_attempts/);
});

describe('a procedure of the app', () => {
  test('shares the attempts of login', async () => {
    const { logIn, sessions } = createApp();
    for (let n = 0; n < 6; n += 1) await logIn('wrong');
    for (let n = 0; n < 4; n += 1) (await sessions.throttle(from(newNetwork()), 'ADA')).failed();
    await expect(sessions.throttle(from(newNetwork()), 'ada')).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      cause: { reason: 'too_many_attempts', retryAfter: 1 },
    });
    expect(await logIn('right')).toMatch(/^too_many_attempts/);
  });

  test('counts no attempt that succeeded', async () => {
    const { sessions } = createApp();
    for (let n = 0; n < 40; n += 1) await (await sessions.throttle(from('203.0.113.5'), 'ada')).succeeded();
  });
});

describe('a manager whose bus reaches other processes', () => {
  const bus = { publish: () => Promise.resolve(), subscribe: () => () => Promise.resolve() };
  const createPlugin = (throttle: ThrottleOptions | false | undefined, isLocal = false) =>
    createSessionsPlugin({
      manager: createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', bus: { ...bus, isLocal } }),
      authenticate: () => null,
      throttle,
    });

  test('and which counts attempts in memory says so once', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    // Another test file of this worker may have had the warning.
    Reflect.deleteProperty(globalThis, Symbol.for('trpc-sessions.throttle-warning'));
    createPlugin({ store: 'memory' });
    createPlugin({ store: 'database' });
    createPlugin(false);
    createPlugin(undefined, true);
    expect(warn).not.toHaveBeenCalled();
    createPlugin(undefined);
    createPlugin(undefined);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toContain("throttle: { store: 'database' }");
  });

  test("and which is no redisBus refuses store: 'redis'", () => {
    expect(() => createPlugin({ store: 'redis' })).toThrow(/^throttle.store: 'redis' needs a manager whose bus/);
  });
});

test('events report refused attempts with their counts, and neither names nor passwords', async () => {
  const { logIn } = createApp();
  const events: unknown[] = [];
  manager.on('rejected', (event) => events.push(event));
  manager.on('throttled', (event) => events.push(event));
  for (let n = 0; n < 12; n += 1) await logIn('wrong', { ip: '203.0.113.5' });
  const caller = { ip: '203.0.113.5', userAgent: 'a browser', clientHints: null };
  expect(events).toHaveLength(12);
  expect(events[9]).toEqual({ reason: wrong, caller, attempts: { network: 10, account: 10 } });
  expect(events[11]).toEqual({ by: 'account', attempts: 10, retryAfter: 1, caller });
  expect(JSON.stringify(events)).not.toMatch(/ada|wrong/);
});
