import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import type { Kysely } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { altcha } from '../captcha/altcha.ts';
import type { Captcha, CaptchaChallenge } from '../captcha/captcha.ts';
import { createSessionsPlugin } from '../plugin.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { withoutStacks } from '../testing/without-stacks.ts';

const second = 1000;

let db: Kysely<object>;
let manager: SessionManager;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 26, 12);
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', clock: () => now });
  return () => db.destroy();
});

let networks = 0;

interface AppOptions {
  readonly captcha?: Captcha;
  readonly captchaAfter?: number;
  readonly throttle?: false;
}

function createApp({ captcha = (solution) => solution.startsWith('solved'), ...options }: AppOptions = {}) {
  const checks: string[] = [];
  const { router } = createSessionsPlugin({
    manager,
    captcha,
    ...options,
    authenticate: ({ username, password }) => {
      checks.push(password);
      return password === 'right' ? { id: username } : null;
    },
  });
  const callerFrom = (ip: string) =>
    router.createCaller({ caller: { token: null, ip, userAgent: null, clientHints: null } });
  let solved = 0;
  return {
    checks,
    callerFrom,
    /** A solution that was not used before. */
    solve: () => `solved ${(solved += 1)}`,
    async logIn(
      password: string,
      solution?: string,
      {
        username = 'ada',
        ip = `10.0.${(networks += 1) >> 8}.${networks & 255}`,
        deviceMark = undefined as string | undefined,
      } = {},
    ) {
      try {
        await callerFrom(ip).login({ username, password, captcha: solution, deviceMark });
        return 'signed in';
      } catch (error) {
        const { cause, code }: { cause?: { reason?: string }; code?: string } = Object(error);
        return cause?.reason ?? code ?? 'none';
      }
    },
  };
}

const wrong = 'invalid_credentials';

describe('a captcha', () => {
  test('is asked for after three failures of an account, and no password is checked without it', async () => {
    const { logIn, solve, checks } = createApp();
    for (let n = 0; n < 3; n += 1) expect(await logIn('wrong')).toBe(wrong);
    expect(await logIn('right')).toBe('captcha_required');
    expect(await logIn('right', 'not solved')).toBe('captcha_required');
    expect(checks).toHaveLength(3);
    expect(await logIn('right', solve())).toBe('signed in');
  });

  test('is asked for after nine failures of a network', async () => {
    const { logIn } = createApp();
    const ip = '203.0.113.5';
    for (let n = 0; n < 9; n += 1) {
      expect(await logIn('wrong', undefined, { username: `user ${n}`, ip })).toBe(wrong);
    }
    expect(await logIn('right', undefined, { username: 'bob', ip })).toBe('captcha_required');
    expect(await logIn('right', undefined, { username: 'bob' })).toBe('signed in');
  });

  test.each([
    [0, 0],
    [1, 1],
    [5, 5],
  ])('is asked for after the failures that the app names: %i', async (captchaAfter, failures) => {
    const { logIn } = createApp({ captchaAfter });
    for (let n = 0; n < failures; n += 1) expect(await logIn('wrong')).toBe(wrong);
    expect(await logIn('right')).toBe('captcha_required');
  });

  test('is asked for always where attempts are not counted', async () => {
    const { logIn, solve } = createApp({ throttle: false });
    expect(await logIn('right')).toBe('captcha_required');
    expect(await logIn('right', solve())).toBe('signed in');
  });

  test('counts once, also for solutions that come at once', async () => {
    const { logIn } = createApp({ captchaAfter: 0 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => logIn('right', 'solved once')));
    expect(answers.toSorted()).toEqual([...Array.from({ length: 4 }, () => 'captcha_required'), 'signed in']);
    now += 19 * 60 * second;
    expect(await logIn('right', 'solved once')).toBe('captcha_required');
  });

  test('is not asked of a device that has signed in before', async () => {
    const { logIn, callerFrom } = createApp();
    const { deviceMark } = await callerFrom('198.51.100.7').login({ username: 'ada', password: 'right' });
    for (let n = 0; n < 3; n += 1) await logIn('wrong');
    expect(await logIn('right', undefined, { deviceMark: deviceMark ?? '' })).toBe('signed in');
  });

  test('ends the wait of an account and a network for a new device, during an attack', async () => {
    const { logIn, solve } = createApp();
    const ip = '198.51.100.7';
    // The attackers solve captchas, too.
    for (let n = 0; n < 20; n += 1) await logIn('wrong', solve(), { ip: `10.9.0.${n}` });
    for (let n = 0; n < 60; n += 1) await logIn('wrong', solve(), { username: `user ${n}`, ip });
    expect(await logIn('right', undefined, { ip })).toBe('captcha_required');
    expect(await logIn('right', solve(), { ip })).toBe('signed in');
  });

  test('does not make guesses endless: those with solutions have a limit, too', async () => {
    const { logIn, solve, checks } = createApp();
    const answers: string[] = [];
    await withoutStacks(async () => {
      for (let n = 0; n < 300; n += 1) answers.push(await logIn('wrong', solve()));
    });
    expect(answers.at(-1)).toBe('too_many_attempts');
    expect(checks.length).toBeLessThan(115);
  });

  test('that was not solved counts for its network: to verify it is work', async () => {
    let verified = 0;
    const { logIn } = createApp({ captcha: () => ((verified += 1), false), captchaAfter: 0 });
    await withoutStacks(async () => {
      for (let n = 0; n < 400; n += 1) await logIn('wrong', 'junk', { ip: '203.0.113.5' });
    });
    expect(verified).toBe(300);
    expect(await logIn('right', 'junk')).toBe('captcha_required');
  });
});

describe('a provider that does not answer', () => {
  test("lets sign-ins go on under the limits of the throttle, if it says 'unavailable'", async () => {
    const { logIn } = createApp({ captcha: () => 'unavailable', captchaAfter: 0 });
    for (let n = 0; n < 10; n += 1) expect(await logIn('wrong', 'any')).toBe(wrong);
    expect(await logIn('right', 'any')).toBe('too_many_attempts');
    now += second;
    expect(await logIn('right', 'any')).toBe('signed in');
  });

  test('fails the sign-in if it throws, and counts no guess', async () => {
    const { logIn } = createApp({ captcha: () => Promise.reject(new Error('down')), captchaAfter: 0 });
    for (let n = 0; n < 20; n += 1)
      expect(await logIn('right', 'any', { ip: '203.0.113.5' })).toBe('INTERNAL_SERVER_ERROR');
  });
});

describe('altcha', () => {
  const secret = 'another secret of thirty-two characters';
  const solve = async (challenge: CaptchaChallenge): Promise<string> => {
    const solution = await solveChallenge({ challenge, deriveKey });
    return Buffer.from(JSON.stringify({ challenge, solution })).toString('base64');
  };

  test('a challenge of sessions.challenge is solved, and signs in once', async () => {
    const { logIn, callerFrom } = createApp({ captcha: altcha({ secret, cost: 1 }), captchaAfter: 0 });
    const solution = await solve(await callerFrom('203.0.113.5').sessions.challenge());
    expect(await logIn('right', solution)).toBe('signed in');
    expect(await logIn('right', solution)).toBe('captcha_required');
  });

  test('a challenge counts once, however its solution is written and whichever it is', async () => {
    const { logIn, callerFrom } = createApp({ captcha: altcha({ secret, cost: 1 }), captchaAfter: 0 });
    const challenge = await callerFrom('203.0.113.5').sessions.challenge();
    const solution = await solveChallenge({ challenge, deriveKey });
    const other = await solveChallenge({ challenge, deriveKey, counterStart: (solution?.counter ?? 0) + 1 });
    const write = (value: unknown, space?: number) =>
      Buffer.from(JSON.stringify(value, null, space)).toString('base64');
    expect(await logIn('wrong', write({ challenge, solution }))).toBe(wrong);
    for (const again of [
      write({ challenge, solution }, 2),
      `${write({ challenge, solution })}\n`,
      write({ solution, challenge, more: true }),
      write({ challenge: { ...challenge, more: 1 }, solution: { ...solution, time: 7 } }),
      write({ challenge, solution: other }),
    ]) {
      expect(await logIn('right', again)).toBe('captcha_required');
    }
  });

  test.each<[string, (challenge: CaptchaChallenge) => Promise<string> | string]>([
    ['of another secret', async () => solve(await altcha({ secret: `${secret}!`, cost: 1 }).challenge('login'))],
    ['of another cost', async () => solve(await altcha({ secret, cost: 2 }).challenge('login'))],
    [
      'made easier',
      async ({ parameters, ...rest }) => solve({ ...rest, parameters: { ...parameters, keyPrefix: '0' } }),
    ],
    [
      'with a later end',
      async ({ parameters, ...rest }) => solve({ ...rest, parameters: { ...parameters, expiresAt: 9e9 } }),
    ],
    [
      'that was not solved',
      (challenge) =>
        Buffer.from(JSON.stringify({ challenge, solution: { counter: 1, derivedKey: '00' } })).toString('base64'),
    ],
    ['without a challenge', () => Buffer.from('{"solution":{}}').toString('base64')],
    ['that is null', () => Buffer.from('null').toString('base64')],
    ['that is no JSON', () => 'solved'],
  ])('a solution %s is refused', async (_, make) => {
    const { logIn, callerFrom } = createApp({ captcha: altcha({ secret, cost: 1 }), captchaAfter: 0 });
    expect(await logIn('right', await make(await callerFrom('203.0.113.5').sessions.challenge()))).toBe(
      'captcha_required',
    );
  });

  test('another captcha has no sessions.challenge', async () => {
    const { callerFrom } = createApp();
    await expect(async () => callerFrom('203.0.113.5').sessions.challenge()).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test.each<[string, object]>([
    ['altcha: secret: expected a text of at least 32 characters', { secret: 'short' }],
    ['altcha: cost: expected a whole number of at least 1', { secret, cost: 0 }],
    ['altcha: lifetime: expected at most 15m', { secret, lifetime: '1h' }],
    ['altcha: costs: there is no such option; the options are secret, cost, lifetime', { secret, costs: 1 }],
  ])('refuses an option by name: %s', (message, options) => {
    // @ts-expect-error -- as in plain JavaScript
    expect(() => altcha(options)).toThrow(message);
  });
});
