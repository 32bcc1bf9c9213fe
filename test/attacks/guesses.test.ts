import { createSessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import { expect, onTestFinished, test } from 'vitest';
import { secret } from '../support/app.ts';
import { minute } from '../support/clock.ts';
import { sqlite } from '../support/database.ts';
import { describeSlow } from '../support/optional.ts';

const home = '198.51.100.7';

describeSlow('10,000 guesses from 1,000 networks, the one of the owner among them', () => {
  test('get 60 passwords checked an hour, and keep the owner out of no known device', async () => {
    await using database = await sqlite.create();
    let now = Date.UTC(2026, 10, 26, 12);
    let checks = 0;
    const sessions = createSessionsPlugin({
      manager: createSessionManager({ db: database.db, keys: secret, clock: () => now }),
      authenticate({ username, password }) {
        checks += 1;
        return password === 'right' ? { id: username, claims: {} } : null;
      },
    });
    const call = (password: string, deviceMark?: string, ip = home) => {
      const caller = { token: null, ip, userAgent: null, clientHints: null };
      return sessions.router.createCaller({ caller }).login({ username: 'ada', password, deviceMark });
    };
    const logIn = (...input: Parameters<typeof call>): Promise<string> =>
      call(...input).then(
        () => 'signed in',
        ({ cause }: { cause: { reason: string } }) => cause.reason,
      );

    const { deviceMark } = await call('right');
    checks = 0;
    // The stacks of so many errors take longer than the guesses.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit));
    for (let n = 0; n < 10_000; n += 1) {
      const network = n % 1000;
      await logIn('wrong', undefined, network === 0 ? home : `10.1.${network >> 8}.${network & 255}`);
      now += (60 * minute) / 10_000;
    }
    // Ten at once, seven in the first two minutes, and one a minute.
    expect(checks).toBeLessThan(80);
    expect(await logIn('right')).toBe('too_many_attempts');
    expect(await logIn('right', deviceMark)).toBe('signed in');
    now += minute;
    expect(await logIn('right')).toBe('signed in');
  });
});
