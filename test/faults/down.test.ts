import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeIf } from '../support/optional.ts';
import { createWorld, fault, mariadb, postgres, recovers, revoked, success } from './world.ts';

for (const target of [postgres, mariadb]) {
  describeIf(target.available, `while ${target.name} is down`, target.howToEnable, () => {
    describe.each(['stop', 'kill'] as const)('after a %s', (how) => {
      test('requests get a fault, no client is signed out, and the service recovers by itself', async () => {
        await using w = await createWorld(target);
        const mine = await w.signIn();
        const ended = await w.signIn();
        expect(await w.call('auth.logout', { token: ended, input: null })).toMatchObject(success);
        // The server goes down in the middle of these.
        const inFlight = Promise.all(Array.from({ length: 50 }, () => w.call('me', { token: mine })));
        await w.server[how]();
        for (const { status, reason } of await inFlight) {
          expect([200, 503]).toContain(status);
          expect(reason).toBeUndefined();
        }

        for (const procedure of ['me', 'auth.sessions.list']) {
          expect(await w.call(procedure, { token: mine })).toMatchObject(fault);
        }
        const input = { username: 'ada', password: 'right' };
        expect(await w.call('auth.login', { input })).toMatchObject(fault);
        expect(await w.call('auth.sessions.revokeOthers', { token: mine, input: null })).toMatchObject(fault);
        // These need no database: they succeed, or are refused, as always.
        expect(await w.call('open')).toMatchObject(success);
        expect(await w.call('me')).toMatchObject({ status: 401, reason: 'missing_token' });
        expect(await w.call('me', { token: 'x.y.z' })).toMatchObject({ status: 401 });

        await w.server.start();
        await recovers(() => w.call('me', { token: mine }));
        expect(await w.call('me', { token: ended })).toMatchObject(revoked);
      });
    });

    test('every acknowledged sign-in and sign-out is kept, if it is killed during them', async () => {
      await using w = await createWorld(target);
      const signedIn: string[] = [];
      const signedOut: string[] = [];
      const killed = new AbortController();
      const busy = Array.from({ length: 5 }, async (_, worker) => {
        for (let n = 0; !killed.signal.aborted; n += 1) {
          const input = { username: `user${worker}`, password: 'right' };
          const { status, token } = await w.call('auth.login', { input });
          if (status !== 200 || token === undefined) break;
          if (n % 2 === 0) signedIn.push(token);
          else if ((await w.call('auth.logout', { token, input: null })).status === 200) signedOut.push(token);
        }
      });
      await eventually(() => expect(Math.min(signedIn.length, signedOut.length)).toBeGreaterThan(10));
      await w.server.kill();
      killed.abort();
      await Promise.all(busy);

      await w.server.start();
      await recovers(() => w.call('me', { token: signedIn[0] }));
      for (const token of signedIn) expect(await w.call('me', { token })).toMatchObject(success);
      for (const token of signedOut) expect(await w.call('me', { token })).toMatchObject(revoked);
    });

    test('the connections that it closed are replaced, if it restarts between requests', async () => {
      await using w = await createWorld(target);
      const token = await w.signIn();
      // As many connections as the pool holds.
      await Promise.all(Array.from({ length: 10 }, () => w.call('auth.sessions.list', { token })));
      await w.server.stop();
      await w.server.start();
      await recovers(() => w.call('me', { token }));
      for (let n = 0; n < 10; n += 1) expect(await w.call('me', { token })).toMatchObject(success);
    });

    test('closing the manager ends, though a last-seen write cannot be made', async () => {
      await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
      const token = await w.signIn();
      await w.call('me', { token });
      await w.server.kill();
      const started = performance.now();
      await w.manager.close();
      expect(performance.now() - started).toBeLessThan(60_000);
    });
  });
}
