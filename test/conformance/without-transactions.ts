import { createSessionManager } from '@trpc-sessions/core';
import { expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/** The differences on a database without interactive transactions. */
export function testWithoutTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `the lack of transactions on ${target.name}`, target.howToEnable, () => {
    test('leaves the app no transaction to pass', async () => {
      await using database = await target.create();
      const { db, table } = database;
      const manager = createSessionManager({ db, table, keys: secret });
      const work = vi.fn();
      await expect(db.transaction().execute(work)).rejects.toThrow('Transactions are not supported yet.');
      await expect(manager.changeCredentials({ userId: 'ada' }, work)).rejects.toMatchObject({
        name: 'SessionUsageError',
        message: expect.stringMatching(/^changeCredentials: .*no interactive transactions/),
      });
      expect(work).not.toHaveBeenCalled();
    });

    test('neither lifts the cap nor lowers it when many processes sign a user in at once', async () => {
      await using database = await target.create();
      const { db, table } = database;
      const nodes = Array.from({ length: 10 }, () =>
        createSessionManager({ db, table, keys: secret, maxSessionsPerUser: 5, databaseTimeout }),
      );
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(nodes.map((node) => node.issue({ userId: 'ada' })));
        expect(await nodes[0]!.list('ada')).toHaveLength(5);
      }
    });

    test('reports each session once that simultaneous sign-ins evict', async () => {
      await using database = await target.create();
      const { db, table } = database;
      const create = () => createSessionManager({ db, table, keys: secret, maxSessionsPerUser: 3, databaseTimeout });
      const [one, other] = [create(), create()];
      const evicted = new Set<string>();
      for (const node of [one, other]) node.on('revoked', ({ ids }) => ids?.forEach((id) => evicted.add(id)));
      const issued = await Promise.all(
        Array.from({ length: 20 }, (_, n) => [one, other][n % 2]!.issue({ userId: 'ada' })),
      );
      const live = (await one.list('ada')).map(({ id }) => id);
      const all = issued.map(({ session }) => session.id);
      expect([...evicted, ...live].toSorted()).toEqual(all.toSorted());
    });
  });
}
