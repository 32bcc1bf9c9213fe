import { expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { describeIf } from '../support/optional.ts';
import {
  createWorld,
  fault,
  mariadb,
  postgres,
  recovers,
  success,
  type FaultTarget,
  type FaultWorld,
} from './world.ts';

const login = { input: { username: 'ada', password: 'right' } };

/** Waits until statements of the app wait for a lock. */
async function waitForWaiting(target: FaultTarget, w: FaultWorld, count: number): Promise<void> {
  await using administrator = await w.administer();
  await eventually(async () => expect(await target.countWaiting(administrator)).toBe(count));
}

for (const target of [postgres, mariadb]) {
  describeIf(target.available, `a slow or limited ${target.name}`, target.howToEnable, () => {
    test('delays the requests that need the locked table, and no others', async () => {
      await using w = await createWorld(target);
      const token = await w.signIn();
      await using holder = await w.administer();
      await holder.run(...target.lockAgainst.everything);
      const waiting = w.call('me', { token });
      await waitForWaiting(target, w, 1);
      expect(await w.call('open')).toMatchObject(success);
      await holder.run(target.unlock);
      expect(await waiting).toMatchObject(success);
    });

    test('delays no request by its last-seen write', async () => {
      await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
      const token = await w.signIn();
      await using holder = await w.administer();
      await holder.run(...target.lockAgainst.writes);
      const before = Date.now();
      expect(await w.call('me', { token })).toMatchObject(success);
      await waitForWaiting(target, w, 1);
      for (let n = 0; n < 5; n += 1) expect(await w.call('me', { token })).toMatchObject(success);
      await holder.run(target.unlock);
      const [session] = await w.manager.list('ada');
      expect(session!.lastSeenAt.getTime()).toBeGreaterThanOrEqual(before);
    });

    test('that refuses connections answers with a fault, until it takes connections again', async () => {
      await using w = await createWorld(target);
      const token = await w.signIn();
      await using administrator = await w.administer();
      await administrator.run(target.oneConnectionOnly);
      await target.cut(administrator);
      // Each login needs a connection, and the server allows one.
      await using holder = await w.administer();
      await holder.run(...target.lockAgainst.everything);
      const logins = Array.from({ length: 5 }, () => w.call('auth.login', login));
      expect(await Promise.race(logins)).toMatchObject(fault);
      await waitForWaiting(target, w, 1);
      await holder.run(target.unlock);
      for (const answer of await Promise.all(logins)) {
        expect([success, fault]).toContainEqual(expect.objectContaining({ status: answer.status }));
      }
      await administrator.run(target.manyConnections);
      await recovers(() => w.call('me', { token }));
    });

    test('that is read-only accepts requests, and answers those that write with a fault', async () => {
      await using w = await createWorld(target, undefined, { touchInterval: '0ms' });
      const faults = vi.fn();
      w.manager.on('fault', faults);
      const token = await w.signIn();
      await using administrator = await w.administer();
      await administrator.run(...target.readOnly);
      await target.cut(administrator);
      await recovers(() => w.call('me', { token }));

      expect(await w.call('me', { token })).toMatchObject(success);
      expect(await w.call('auth.sessions.list', { token })).toMatchObject(success);
      expect(await w.call('auth.login', login)).toMatchObject(fault);
      expect(await w.call('auth.logout', { token, input: null })).toMatchObject(fault);
      expect(await w.call('me', { token })).toMatchObject(success);
      await eventually(() => expect(faults).toHaveBeenCalledWith(expect.objectContaining({ task: 'last-seen' })));

      await administrator.run(...target.writable);
      await target.cut(administrator);
      await recovers(() => w.call('auth.sessions.revokeOthers', { token, input: null }));
      expect(await w.call('auth.logout', { token, input: null })).toMatchObject(success);
    });
  });
}

// A request waits for a connection of mysql2's pool without a limit.
describeIf(postgres.available, 'a full pool of PostgreSQL connections', postgres.howToEnable, () => {
  test('answers with a fault once the limit of the wait is over', async () => {
    await using w = await createWorld(postgres, { size: 1, timeout: 500 });
    const token = await w.signIn();
    await using holder = await w.administer();
    await holder.run(...postgres.lockAgainst.everything);
    // The only connection waits for the lock, and the second request waits for the connection.
    const first = w.call('auth.sessions.list', { token });
    await waitForWaiting(postgres, w, 1);
    expect(await w.call('me', { token })).toMatchObject(fault);
    await holder.run(postgres.unlock);
    expect(await first).toMatchObject({ reason: undefined });
    await recovers(() => w.call('me', { token }));
  });
});
