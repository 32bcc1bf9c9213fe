import { createSessionManager, localBus, memoryCache, type SessionsDatabase } from '@trpc-sessions/core';
import type { Kysely } from 'kysely';
import { describe, expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { mysql, postgres, type DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

// Beside a transaction of the app's, on databases where others go on meanwhile.

const targets: readonly DatabaseTarget[] = [postgres, mysql];

for (const target of targets) {
  describeIf(target.available, `beside transactions of the app’s on ${target.name}`, target.howToEnable, () => {
    test('what one is ending is not believed after its commit, on any node, though it was read before', async () => {
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
        // Not committed: for everybody else it is still there.
        for (const each of nodes) await each.verify(token);
      });

      for (const each of nodes) await expect(each.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
    });

    test('what one was ending and has not is let in, and its streams go on', async () => {
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
      const undone = db.transaction().execute(async (trx) => {
        await manager.issue({ userId: 'ada' }, { trx });
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
      await manager.verify(token);
      expect(await manager.list('ada')).toHaveLength(1);
    });

    test('lists and last-seen writes of others do not wait for one', async () => {
      await using database = await target.create();
      const { db } = database;
      let now = Date.now();
      const manager = createSessionManager({ db, keys: secret, maxSessionsPerUser: 1, clock: () => now });
      const { token } = await manager.issue({ userId: 'ada' });
      await manager.issue({ userId: 'bob' });
      now += 120_000;
      await db.transaction().execute(async (trx) => {
        await manager.issue({ userId: 'ada' }, { trx });
        // In use, and about to go: its last-seen write waits for this transaction.
        await manager.verify(token);
        const started = performance.now();
        expect(await manager.list('bob')).toHaveLength(1);
        expect(await manager.list('ada')).toHaveLength(1);
        expect(performance.now() - started).toBeLessThan(10_000);
      });
      await manager.close();
    });
  });
}

describe('the cap holds in transactions of the app’s', () => {
  async function signInTogether(db: Kysely<SessionsDatabase>, count: number): Promise<number> {
    const manager = createSessionManager({ db, keys: secret, maxSessionsPerUser: 1 });
    await manager.issue({ userId: 'ada' });
    let begun = 0;
    const { promise: allBegun, resolve } = Promise.withResolvers<void>();
    await Promise.allSettled(
      Array.from({ length: count }, () =>
        db.transaction().execute(async (trx) => {
          // Whatever it reads first fixes what it sees, under MySQL's default isolation.
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

  for (const target of targets) {
    describeIf(target.available, `on ${target.name}`, target.howToEnable, () => {
      test('whatever they have read before', async () => {
        await using database = await target.create();
        expect(await signInTogether(database.db, 5)).toBe(1);
      });
    });
  }
});
