import { expect, test } from 'vitest';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { createSessionManager, type SessionManager } from './manager.ts';

const keys = 'a secret of more than thirty-two bytes';

async function createWorld() {
  const db = await createMigratedDatabase();
  const manager = createSessionManager({ db, keys, databaseTimeout: '50ms', maxSessionsPerUser: 10 });
  const { token, session } = await manager.issue({ userId: 'ada' });
  return { db, manager, token, session, [Symbol.asyncDispose]: () => db.destroy() };
}

// Kysely has one connection to SQLite, which the open transaction of the app holds.
test.each<[string, (manager: SessionManager, token: string, id: string) => Promise<unknown>]>([
  ['revoke', (manager, _, id) => manager.revoke({ userId: 'ada', id })],
  ['revokeOthers', (manager, _, currentId) => manager.revokeOthers({ userId: 'ada', currentId })],
  ['revokeAll', (manager) => manager.revokeAll('ada')],
  ['issue', (manager) => manager.issue({ userId: 'ada' })],
  ['verify', (manager, token) => manager.verify(token)],
  ['list', (manager) => manager.list('ada')],
])(
  '%s without trx in a transaction of the app fails in time, names trx and readDb, and never runs',
  async (_, call) => {
    await using w = await createWorld();
    const work = w.db.transaction().execute(() => call(w.manager, w.token, w.session.id));
    await expect(work).rejects.toThrow(/50ms|0\.05 s.*\{ trx \}.*readDb/);
    await expect(work).rejects.not.toHaveProperty('reason');
    // The transaction has ended, and the connection is free.
    await w.manager.verify(w.token);
    expect(await w.manager.list('ada')).toHaveLength(1);
  },
);

test('calls that wait for the same user fail together', async () => {
  await using w = await createWorld();
  await w.db.transaction().execute(async () => {
    const signIns = Array.from({ length: 100 }, () => w.manager.issue({ userId: 'ada' }));
    const results = await Promise.allSettled(signIns);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(100);
  });
  expect(await w.manager.list('ada')).toHaveLength(1);
  await w.manager.issue({ userId: 'ada' });
});
