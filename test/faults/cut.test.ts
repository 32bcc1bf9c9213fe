import { isSessionError } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { createWorld, mariadb, postgres, recovers, success } from './world.ts';

for (const target of [postgres, mariadb]) {
  describeIf(target.available, `transactions on ${target.name} whose connections are cut`, target.howToEnable, () => {
    test('happen as a whole or not at all, and sign no other session out', async () => {
      const capOf = (userId: string): number => (userId.startsWith('capped') ? 4 : Infinity);
      await using w = await createWorld(target, undefined, { maxSessionsPerUser: capOf });
      await using administrator = await w.administer();
      const workers = ['free1', 'free2', 'capped1', 'capped2'];
      const mine = new Map<string, { token: string; id: string }>();
      for (const userId of workers) {
        const { token, session } = await w.manager.issue({ userId });
        mine.set(userId, { token, id: session.id });
      }

      const outcomes: unknown[] = [];
      let cuts = 0;
      // After every third outcome: the other workers are then in the middle of their transactions.
      const cutSometimes = async (): Promise<void> => {
        if (outcomes.length % 3 !== 0) return;
        await target.cut(administrator);
        cuts += 1;
      };
      await Promise.all(
        workers.map(async (userId) => {
          for (let n = 0; n < 30; n += 1) {
            try {
              // Each worker revokes its other sessions while they are issued: its own must stay.
              const { id } = mine.get(userId)!;
              if (userId.startsWith('capped')) {
                const issued = await w.manager.issue({ userId });
                mine.set(userId, { token: issued.token, id: issued.session.id });
              } else if (n % 3 === 2) await w.manager.revokeOthers({ userId, currentId: id });
              else await w.manager.issue({ userId });
              outcomes.push('done');
            } catch (error) {
              outcomes.push(error);
              expect(isSessionError(error)).toBe(false);
            }
            await cutSometimes();
          }
        }),
      );
      expect(cuts).toBeGreaterThan(3);
      expect(outcomes).toContain('done');
      expect(outcomes.some((outcome) => outcome !== 'done')).toBe(true);

      for (const userId of workers) {
        await recovers(() => w.call('me', { token: mine.get(userId)!.token }));
        const sessions = await w.manager.list(userId);
        expect(sessions.length).toBeLessThanOrEqual(capOf(userId));
        expect(sessions.map(({ id }) => id)).toContain(mine.get(userId)!.id);
        expect(
          await w.call('auth.sessions.revokeOthers', { token: mine.get(userId)!.token, input: null }),
        ).toMatchObject(success);
        expect(await w.manager.list(userId)).toHaveLength(1);
      }
    });
  });
}
