import { createSessionManager, localBus, memoryCache, type SessionsDatabase } from '@trpc-sessions/core';
import type { Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

async function signInTogether(db: Kysely<SessionsDatabase>, count: number): Promise<number> {
  const manager = createSessionManager({ db, keys: secret, maxSessionsPerUser: 1 });
  await manager.issue({ userId: 'ada' });
  let begun = 0;
  const { promise: allBegun, resolve } = Promise.withResolvers<void>();
  await Promise.allSettled(
    Array.from({ length: count }, () =>
      db.transaction().execute(async (trx) => {
        // Under MySQL's default isolation, the first read fixes the snapshot of the transaction.
        await trx.selectFrom('sessions').select('id').execute();
        begun += 1;
        if (begun === count) resolve();
        await allBegun;
        await manager.issue({ userId: 'ada' }, { trx });
      }),
    ),
  );
  return (await manager.list('ada')).length;
}

/** Managers beside open transactions of the app, on databases that run several at once. */
export function testTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `the app's transactions on ${target.name}`, target.howToEnable, () => {
    test('a session that a transaction evicts is refused on every node after the commit, even from a cache', async () => {
      await using database = await target.create();
      const { db } = database;
      const bus = localBus();
      const create = () =>
        createSessionManager({ db, keys: secret, bus, cache: memoryCache({ max: 100 }), maxSessionsPerUser: 1 });
      const nodes = [create(), create()];
      const [node] = nodes;
      const { token } = await node!.issue({ userId: 'ada' });
      for (const each of nodes) await each.verify(token);

      await db.transaction().execute(async (trx) => {
        await node!.issue({ userId: 'ada' }, { trx });
        // It has not committed yet: to all others the session is still live.
        for (const each of nodes) await each.verify(token);
      });

      for (const each of nodes) await expect(each.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
    });

    test('a session that a transaction evicted stays live after the rollback', async () => {
      await using database = await target.create();
      const { db } = database;
      const manager = createSessionManager({
        db,
        keys: secret,
        bus: localBus(),
        cache: memoryCache({ max: 100 }),
        maxSessionsPerUser: 1,
      });
      const { token } = await manager.issue({ userId: 'ada' });
      const rolledBack = db.transaction().execute(async (trx) => {
        await manager.issue({ userId: 'ada' }, { trx });
        throw new Error('rolled back by the app');
      });
      await expect(rolledBack).rejects.toThrow('rolled back by the app');
      await manager.verify(token);
      expect(await manager.list('ada')).toHaveLength(1);
    });

    test('lists do not wait for an open transaction that evicts a session', async () => {
      await using database = await target.create();
      const { db } = database;
      let now = Date.now();
      const manager = createSessionManager({ db, keys: secret, maxSessionsPerUser: 1, clock: () => now });
      const { token } = await manager.issue({ userId: 'ada' });
      await manager.issue({ userId: 'bob' });
      now += 120_000;
      await db.transaction().execute(async (trx) => {
        await manager.issue({ userId: 'ada' }, { trx });
        // The last-seen write of the session that is evicted waits for this transaction; the lists must not.
        await manager.verify(token);
        expect(await manager.list('bob')).toHaveLength(1);
        expect(await manager.list('ada')).toHaveLength(1);
      });
      await manager.close();
    });

    test('a user whose sessions are locked takes no connections from the others', async () => {
      await using database = await target.create();
      const { db } = database;
      const manager = createSessionManager({ db, keys: secret, maxSessionsPerUser: 50 });
      const ada = await manager.issue({ userId: 'ada' });
      const bob = await manager.issue({ userId: 'bob' });
      const waiting = await db.transaction().execute(async (trx) => {
        // It holds the lock of ada until it ends.
        await manager.issue({ userId: 'ada' }, { trx });
        const others = Array.from({ length: 560 }, () =>
          manager.revokeOthers({ userId: 'ada', currentId: ada.session.id }),
        );
        const signIns = Array.from({ length: 40 }, () => manager.issue({ userId: 'ada' }));
        expect((await manager.verify(bob.token)).session.userId).toBe('bob');
        expect(await manager.list('bob')).toHaveLength(1);
        return [...others, ...signIns];
      });
      await Promise.all(waiting);
      await manager.verify(ada.token);
    });

    test('simultaneous transactions hold the cap, even if each of them has read before', async () => {
      await using database = await target.create();
      expect(await signInTogether(database.db, 5)).toBe(1);
    });
  });
}
