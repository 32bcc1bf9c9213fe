import { isSessionError } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { describeIf } from '../support/optional.ts';
import { comesBack, createWorld, mariadb, postgres, welcome } from './world.ts';

for (const target of [postgres, mariadb]) {
  describeIf(
    target.available,
    `when ${target.name} cuts connections in the middle of transactions`,
    target.howToEnable,
    () => {
      test('all of one happened or nothing, and nobody is signed out by another’s', { timeout: 60_000 }, async () => {
        const capOf = (userId: string): number => (userId.startsWith('capped') ? 4 : Infinity);
        await using w = await createWorld(target, undefined, { maxSessionsPerUser: capOf });
        await using administrator = await w.administer();
        const workers = ['free1', 'free2', 'capped1', 'capped2'];
        const mine = new Map<string, { token: string; id: string }>();
        for (const userId of workers) {
          const { token, session } = await w.manager.issue({ userId });
          mine.set(userId, { token, id: session.id });
        }

        const over = new AbortController();
        let cuts = 0;
        const cutting = (async () => {
          while (!over.signal.aborted) {
            await target.cut(administrator);
            cuts += 1;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        })();
        const outcomes: unknown[] = [];
        await Promise.all(
          workers.map(async (userId) => {
            for (let n = 0; n < 30; n += 1) {
              try {
                // Each ends the others while they begin: its own must stay.
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
            }
          }),
        );
        over.abort();
        await cutting;
        expect(cuts).toBeGreaterThan(3);
        expect(outcomes.some((outcome) => outcome !== 'done')).toBe(true);

        for (const userId of workers) {
          await comesBack(() => w.call('me', { token: mine.get(userId)!.token }));
          const sessions = await w.manager.list(userId);
          expect(sessions.length).toBeLessThanOrEqual(capOf(userId));
          expect(sessions.map(({ id }) => id)).toContain(mine.get(userId)!.id);
          expect(
            await w.call('auth.sessions.revokeOthers', { token: mine.get(userId)!.token, input: null }),
          ).toMatchObject(welcome);
          expect(await w.manager.list(userId)).toHaveLength(1);
        }
      });
    },
  );
}
