import { createSessionManager } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { databaseTimeout, secret } from '../support/app.ts';
import type { DatabaseTarget, TestDatabase } from '../support/database.ts';
import { describeIf } from '../support/optional.ts';

/** The columns that release 0.1 reads and inserts. They never change. */
const columns = [
  'id',
  'user_id',
  'created_at',
  'last_seen_at',
  'expires_at',
  'ip',
  'created_ip',
  'user_agent',
  'device',
] as const;

/** The statements of a process of release 0.1, which does not know the newer columns. */
function createFormerProcess({ plain }: TestDatabase) {
  const lookUp = (id: string) =>
    plain.selectFrom('sessions').select(columns).where('id', '=', id).executeTakeFirstOrThrow();
  return {
    lookUp,
    /** Inserts a session as it would itself: of a session that exists, so that a test has its token. */
    async insertAgain(id: string) {
      const row = await lookUp(id);
      await plain.deleteFrom('sessions').where('id', '=', id).execute();
      await plain.insertInto('sessions').values(row).execute();
    },
    writeLastSeen: (id: string, ip: string) => plain.updateTable('sessions').set({ ip }).where('id', '=', id).execute(),
  };
}

/** During a deploy, processes of the former release run beside the new ones, on the new table. */
export function testFormerRelease(target: DatabaseTarget): void {
  describeIf(target.available, `a process of the former release on ${target.name}`, target.howToEnable, () => {
    test('signs users in for the new one, and finds the sessions of the new one', async () => {
      await using database = await target.create();
      const manager = createSessionManager({ db: database.db, table: database.table, keys: secret, databaseTimeout });
      const former = createFormerProcess(database);
      const { token, session } = await manager.issue({ userId: 'ada', caller: { ip: '203.0.113.7' } });
      expect(await former.lookUp(session.id)).toMatchObject({ user_id: 'ada', ip: '203.0.113.7' });

      await former.insertAgain(session.id);
      expect((await manager.verify(token)).session).toEqual(session);
      expect(await manager.list('ada')).toEqual([session]);
      // It does not know of reissued tokens: to it, the row is that of any live session.
      const renewed = await manager.reissue(token, { grace: '0s' });
      expect(await former.lookUp(session.id)).toMatchObject({ user_id: 'ada' });
      await former.writeLastSeen(session.id, '203.0.113.8');
      expect((await manager.verify(renewed.token)).session).toEqual({ ...renewed.session, ip: '203.0.113.8' });
    });
  });
}
