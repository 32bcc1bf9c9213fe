import { createSessionManager } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { refused } from './sessions.ts';

/** Sign-ins in the app's own transactions. */
export function testIssuingInTransactions(target: DatabaseTarget): void {
  describeIf(target.available, `a sign-in in the app's transaction on ${target.name}`, target.howToEnable, () => {
    test('commits with it', async () => {
      await using database = await target.create();
      const { db, own, table } = database;
      const manager = createSessionManager({ db: own, table, keys: secret, maxSessionsPerUser: 1 });
      const first = await manager.issue({ userId: 'u1' });
      const later = await db.transaction().execute((trx) => manager.issue({ userId: 'u1' }, { trx }));
      await manager.verify(later.token);
      await refused(manager.verify(first.token), 'revoked_session');
    });

    test('rolls back with it, and its evictions too', async () => {
      await using database = await target.create();
      const { db, own, table } = database;
      const manager = createSessionManager({ db: own, table, keys: secret, maxSessionsPerUser: 1 });
      const first = await manager.issue({ userId: 'u1' });
      let token = '';
      const work = db.transaction().execute(async (trx) => {
        ({ token } = await manager.issue({ userId: 'u1' }, { trx }));
        throw new Error('rolled back by the app');
      });
      await expect(work).rejects.toThrow('rolled back by the app');
      await refused(manager.verify(token), 'revoked_session');
      await manager.verify(first.token);
    });
  });
}
