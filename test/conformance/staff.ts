import { createSessionManager, localBus, memoryCache, type RevokedEvent } from '@trpc-sessions/core';
import { expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import { createTestClock, day, hour, second } from '../support/clock.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/** The sessions of all users, as staff lists and revokes them. */
export function testStaff(target: DatabaseTarget): void {
  describeIf(target.available, `the sessions of all users on ${target.name}`, target.howToEnable, () => {
    async function world() {
      const database = await target.create();
      const clock = createTestClock();
      const bus = localBus();
      const create = () =>
        createSessionManager({
          db: database.own,
          keys: secret,
          databaseTimeout,
          clock,
          bus,
          cache: memoryCache({ max: 1000 }),
        });
      const [manager, elsewhere] = [create(), create()];
      return {
        clock,
        manager,
        elsewhere,
        async [Symbol.asyncDispose]() {
          await Promise.all([manager.close(), elsewhere.close()]);
          await database[Symbol.asyncDispose]();
        },
      };
    }

    test('are listed in pages, the newest sign-in first, without those that have expired', async () => {
      await using w = await world();
      await w.manager.issue({ userId: 'expired', lifetime: '1h' });
      w.clock.advance(2 * hour);
      const ids: string[] = [];
      for (let n = 0; n < 7; n += 1) {
        // Two users sign in within the same millisecond.
        if (n % 2 === 0) w.clock.advance(second);
        ids.push((await w.manager.issue({ userId: `u${n}` })).session.id);
      }
      const listed: { readonly id: string; readonly createdAt: Date; readonly userId: string }[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof w.manager.listAll>> = await w.manager.listAll({ limit: 2, cursor });
        expect(page.sessions.length).toBeLessThanOrEqual(2);
        listed.push(...page.sessions);
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      const times = listed.map(({ createdAt }) => createdAt.getTime());
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(listed[0]?.userId).toBe('u6');
    });

    test('that were issued before a time are revoked, in this process and in others', async () => {
      await using w = await world();
      const old = await Promise.all(Array.from({ length: 250 }, (_, n) => w.manager.issue({ userId: `u${n % 50}` })));
      w.clock.advance(day);
      const time = new Date(w.clock());
      const young = await w.manager.issue({ userId: 'u1' });
      await w.elsewhere.verify(old[0]!.token);
      const revoked: RevokedEvent[] = [];
      const [ended, endedElsewhere] = [vi.fn(), vi.fn()];
      w.manager.on('revoked', (event) => void revoked.push(event));
      w.manager.on('ended', ended);
      w.elsewhere.on('ended', endedElsewhere);

      expect(await w.manager.revokeIssuedBefore({ time }, { by: 'staff-1' })).toBe(250);

      expect(revoked.flatMap(({ ids = [] }) => ids).toSorted()).toEqual(
        old.map(({ session }) => session.id).toSorted(),
      );
      expect(revoked.every(({ cause, by }) => cause === 'staff' && by === 'staff-1')).toBe(true);
      expect(ended).toHaveBeenCalledTimes(revoked.length);
      await expect.poll(() => endedElsewhere.mock.calls.length).toBe(revoked.length);
      await expect(w.elsewhere.verify(old[0]!.token)).rejects.toMatchObject({ reason: 'revoked_session' });
      await w.elsewhere.verify(young.token);
      expect(await w.manager.revokeIssuedBefore({ time })).toBe(0);
    });

    test('are not revoked after now, whatever the time is', async () => {
      await using w = await world();
      const { token } = await w.manager.issue({ userId: 'u1' });
      expect(await w.manager.revokeIssuedBefore({ time: new Date(w.clock() + day) })).toBe(0);
      expect(await w.manager.revokeIssuedBefore({ time: new Date(-day) })).toBe(0);
      await w.manager.verify(token);
    });
  });
}
