import { describe, expect, test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { comesBack, createWorld, fault, mariadb, postgres, signedOut, welcome } from './world.ts';

for (const target of [postgres, mariadb]) {
  describeIf(target.available, `when ${target.name} is`, target.howToEnable, () => {
    describe.each(['stop', 'kill'] as const)('down, by %s', (how) => {
      test(
        'requests get a fault, nobody is signed out, and service comes back by itself',
        { timeout: 60_000 },
        async () => {
          await using w = await createWorld(target);
          const mine = await w.signIn();
          const ended = await w.signIn();
          expect(await w.call('auth.logout', { token: ended, input: null })).toMatchObject(welcome);
          // Requests are under way when it happens.
          const underWay = Promise.all(Array.from({ length: 50 }, () => w.call('me', { token: mine })));
          await w.server[how]();
          for (const { status, reason } of await underWay) {
            expect([200, 503]).toContain(status);
            expect(reason).toBeUndefined();
          }

          for (const procedure of ['me', 'auth.sessions.list']) {
            expect(await w.call(procedure, { token: mine })).toMatchObject(fault);
          }
          const input = { username: 'ada', password: 'right' };
          expect(await w.call('auth.login', { input })).toMatchObject(fault);
          expect(await w.call('auth.sessions.revokeOthers', { token: mine, input: null })).toMatchObject(fault);
          // What needs no database goes on, and what is refused without one still is.
          expect(await w.call('open')).toMatchObject(welcome);
          expect(await w.call('me')).toMatchObject({ status: 401, reason: 'missing_token' });
          expect(await w.call('me', { token: 'x.y.z' })).toMatchObject({ status: 401 });

          await w.server.start();
          await comesBack(() => w.call('me', { token: mine }));
          expect(await w.call('me', { token: ended })).toMatchObject(signedOut);
        },
      );
    });

    test('killed while users sign in and out, what was acknowledged is kept', { timeout: 60_000 }, async () => {
      await using w = await createWorld(target);
      const acknowledged: string[] = [];
      const revoked: string[] = [];
      const down = new AbortController();
      const busy = Array.from({ length: 5 }, async (_, worker) => {
        for (let n = 0; !down.signal.aborted; n += 1) {
          const input = { username: `user${worker}`, password: 'right' };
          const { status, token } = await w.call('auth.login', { input });
          if (status !== 200 || token === undefined) break;
          if (n % 2 === 0) acknowledged.push(token);
          else if ((await w.call('auth.logout', { token, input: null })).status === 200) revoked.push(token);
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await w.server.kill();
      down.abort();
      await Promise.all(busy);
      expect(acknowledged.length).toBeGreaterThan(5);

      await w.server.start();
      await comesBack(() => w.call('me', { token: acknowledged[0] }));
      for (const token of acknowledged) expect(await w.call('me', { token })).toMatchObject(welcome);
      for (const token of revoked) expect(await w.call('me', { token })).toMatchObject(signedOut);
    });

    test('restarted between requests, the connections that it cut are replaced', { timeout: 60_000 }, async () => {
      await using w = await createWorld(target);
      const token = await w.signIn();
      // As many connections as the pool holds.
      await Promise.all(Array.from({ length: 10 }, () => w.call('auth.sessions.list', { token })));
      await w.server.stop();
      await w.server.start();
      await comesBack(() => w.call('me', { token }));
      for (let n = 0; n < 10; n += 1) expect(await w.call('me', { token })).toMatchObject(welcome);
    });

    test('gone when the app closes, closing ends, soon', { timeout: 60_000 }, async () => {
      await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
      const token = await w.signIn();
      await w.call('me', { token });
      await w.server.kill();
      const started = performance.now();
      await w.manager.close();
      expect(performance.now() - started).toBeLessThan(10_000);
    });
  });
}
