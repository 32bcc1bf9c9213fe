import { describe, expect, test, vi } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { comesBack, createWorld, fault, mariadb, postgres, welcome } from './world.ts';

for (const target of [postgres, mariadb]) {
  describeIf(target.available, `when ${target.name}`, target.howToEnable, () => {
    describe('is slow', () => {
      test('requests wait for it, and others do not', { timeout: 60_000 }, async () => {
        await using w = await createWorld(target);
        const token = await w.signIn();
        await using holder = await w.administer();
        await holder.run(...target.lockAgainst.everything);
        const waiting = w.call('me', { token });
        expect(await w.call('open')).toMatchObject(welcome);
        await holder.run(target.unlock);
        expect(await waiting).toMatchObject(welcome);
      });

      test('at writing, no request waits for its last-seen to be written', { timeout: 60_000 }, async () => {
        await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
        const token = await w.signIn();
        await using holder = await w.administer();
        await holder.run(...target.lockAgainst.writes);
        const before = Date.now();
        for (let n = 0; n < 5; n += 1) {
          expect(await w.call('me', { token })).toMatchObject(welcome);
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
        await holder.run(target.unlock);
        const [session] = await w.manager.list('ada');
        expect(session!.lastSeenAt.getTime()).toBeGreaterThanOrEqual(before);
      });
    });

    test('has no connection left for the app’s user, requests get a fault', { timeout: 60_000 }, async () => {
      await using w = await createWorld(target);
      const token = await w.signIn();
      await using administrator = await w.administer();
      await administrator.run(target.oneConnectionOnly);
      await target.cut(administrator);
      // All of the pool's are needed at once, and there may be one.
      await using holder = await w.administer();
      await holder.run(...target.lockAgainst.everything);
      const answers = Promise.all(
        Array.from({ length: 5 }, () => w.call('auth.login', { input: { username: 'ada', password: 'right' } })),
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      await holder.run(target.unlock);
      const statuses = (await answers).map(({ status, reason }) => ({ status, reason }));
      expect(statuses).toContainEqual(fault);
      for (const answer of statuses)
        expect([welcome, fault]).toContainEqual(expect.objectContaining({ status: answer.status }));
      await administrator.run(target.manyConnections);
      await comesBack(() => w.call('me', { token }));
    });

    test('only reads, requests are let in, and what would write gets a fault', { timeout: 60_000 }, async () => {
      await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
      const faults = vi.fn();
      w.manager.on('fault', faults);
      const token = await w.signIn();
      await using administrator = await w.administer();
      await administrator.run(...target.readOnly);
      await target.cut(administrator);
      await comesBack(() => w.call('me', { token }));

      expect(await w.call('me', { token })).toMatchObject(welcome);
      expect(await w.call('auth.sessions.list', { token })).toMatchObject(welcome);
      expect(await w.call('auth.login', { input: { username: 'ada', password: 'right' } })).toMatchObject(fault);
      expect(await w.call('auth.logout', { token, input: null })).toMatchObject(fault);
      expect(await w.call('me', { token })).toMatchObject(welcome);
      await vi.waitFor(() => expect(faults).toHaveBeenCalledWith(expect.objectContaining({ task: 'last-seen' })));

      await administrator.run(...target.writable);
      await target.cut(administrator);
      await comesBack(() => w.call('auth.sessions.revokeOthers', { token, input: null }));
      expect(await w.call('auth.logout', { token, input: null })).toMatchObject(welcome);
    });
  });
}

// The pool of mysql2 lets requests wait for a connection as long as it takes.
describeIf(postgres.available, 'when PostgreSQL', postgres.howToEnable, () => {
  test('has no connection left in the app’s pool, requests get a fault', { timeout: 60_000 }, async () => {
    await using w = await createWorld(postgres, { size: 1, patience: 500 });
    const token = await w.signIn();
    await using holder = await w.administer();
    await holder.run(...postgres.lockAgainst.everything);
    // The one connection waits for the lock; the others wait for the connection, and not forever.
    const first = w.call('auth.sessions.list', { token });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await w.call('me', { token })).toMatchObject(fault);
    await holder.run(postgres.unlock);
    expect(await first).toMatchObject({ reason: undefined });
    await comesBack(() => w.call('me', { token }));
  });
});
