import { createSessionManager, localBus, memoryCache, type SessionsDatabase } from '@trpc-sessions/core';
import { Kysely } from 'kysely';
import { expect, test, vi } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import type { DatabaseTarget } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';
import { withoutRowCounts } from '../support/without-row-counts.ts';

/** Revoking with a driver that leaves out how many rows it changed. */
export function testRowCounts(target: DatabaseTarget): void {
  describeIf(target.available, `a driver that does not count rows, on ${target.name}`, target.howToEnable, () => {
    test('sessions that are revoked are counted, and refused by every process', async () => {
      await using database = await target.create();
      const db = new Kysely<SessionsDatabase>({ dialect: withoutRowCounts(database.dialect) });
      const bus = localBus();
      const create = () =>
        createSessionManager({
          db,
          keys: secret,
          databaseTimeout,
          bus,
          cache: memoryCache({ max: 100 }),
          maxSessionsPerUser: 5,
        });
      const [one, other] = [create(), create()];
      const ended = vi.fn();
      other.on('ended', ended);
      const issued = await Promise.all(Array.from({ length: 5 }, () => one.issue({ userId: 'ada' })));
      for (const { token } of issued) await other.verify(token);
      const [first, second, third, current] = issued.map(({ session }) => session.id);

      expect(await one.revoke({ userId: 'ada', id: first! })).toBe(true);
      expect(await one.revoke({ userId: 'ada', id: first! })).toBe(false);
      expect(await one.revokeMany({ userId: 'ada', ids: [first!, second!, third!] })).toBe(2);
      expect(await one.revokeOthers({ userId: 'ada', currentId: current! })).toBe(1);
      expect(await one.revokeAll('ada')).toBe(1);

      expect(ended).toHaveBeenCalledTimes(4);
      for (const { token } of issued) {
        await expect(other.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
      }
    });

    test('a token that is reissued without a grace is refused, and its session goes on', async () => {
      await using database = await target.create();
      const db = new Kysely<SessionsDatabase>({ dialect: withoutRowCounts(database.dialect) });
      const manager = createSessionManager({ db, keys: secret, databaseTimeout });
      const { token } = await manager.issue({ userId: 'ada' });
      const renewed = await manager.reissue(token, { grace: '0s' });
      await manager.verify(renewed.token);
      await expect(manager.reissue(token, {})).rejects.toMatchObject({ reason: 'revoked_session' });
    });

    test('purged rows are counted', async () => {
      await using database = await target.create();
      const db = new Kysely<SessionsDatabase>({ dialect: withoutRowCounts(database.dialect) });
      let now = Date.now();
      const manager = createSessionManager({ db, keys: secret, databaseTimeout, lifetime: '1h', clock: () => now });
      for (const userId of ['ada', 'bob', 'eve']) await manager.issue({ userId });
      now += 7_200_000;
      expect(await manager.purgeExpired()).toBe(3);
    });
  });
}
