import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test, vi } from 'vitest';
import type { SessionsDatabase } from '../store/schema.ts';

const keys = 'a secret of more than thirty-two bytes';

/** Another copy of the package in this process, as frameworks load it for each of their bundles. */
async function loadCopy() {
  vi.resetModules();
  return import('../index.ts');
}

function openDatabase(): Kysely<SessionsDatabase> {
  return new Kysely({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
}

test('a session that one copy of the package revokes is refused by the cache of another', async () => {
  const [page, route] = [await loadCopy(), await loadCopy()];
  expect(page.localBus).not.toBe(route.localBus);
  const db = openDatabase();
  await page.migrateToLatest(db);
  const [ofPage, ofRoute] = [page, route].map(({ createSessionManager, memoryCache, localBus }) =>
    createSessionManager({ db, keys, cache: memoryCache({ max: 10 }), bus: localBus() }),
  );
  const { token, session } = await ofPage!.issue({ userId: 'ada' });
  await ofRoute!.verify(token);
  const ended = vi.fn();
  ofRoute!.on('ended', ended);
  await ofPage!.revoke({ userId: 'ada', id: session.id });
  await expect.poll(() => ended.mock.calls).toContainEqual([{ userId: 'ada', ids: [session.id] }]);
  await expect(ofRoute!.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
  await ofPage!.close();
  await ofRoute!.close();
  await db.destroy();
});

test('managers without a bus, of two copies of the package, look up what the other one has revoked', async () => {
  const [page, route] = [await loadCopy(), await loadCopy()];
  const db = openDatabase();
  await page.migrateToLatest(db);
  const [ofPage, ofRoute] = [page, route].map(({ createSessionManager }) => createSessionManager({ db, keys }));
  const ofOtherTable = route.createSessionManager({ db, keys, table: 'staff_sessions' });
  const { session } = await ofPage!.issue({ userId: 'ada' });
  const [missed, ended, own, other] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
  ofRoute!.on('missed', missed);
  ofRoute!.on('ended', ended);
  ofPage!.on('missed', own);
  ofOtherTable.on('missed', other);
  await ofPage!.revoke({ userId: 'ada', id: session.id });
  await expect.poll(() => missed.mock.calls).toEqual([[{ userId: 'ada', ids: [session.id] }]]);
  // It may be a session of another database.
  for (const listener of [ended, own, other]) expect(listener).not.toHaveBeenCalled();

  await ofRoute!.close();
  await ofPage!.revokeAll('ada');
  expect(missed).toHaveBeenCalledOnce();
  await Promise.all([ofPage!.close(), ofOtherTable.close()]);
  await db.destroy();
});

test('managers with other channels receive nothing', async () => {
  const { localBus } = await loadCopy();
  const [own, other] = [vi.fn(), vi.fn()];
  const listen = (message: () => void) => ({ message, connected() {}, disconnected() {} });
  const stops = [
    localBus({ channel: 'customers' }).subscribe(listen(own)),
    localBus({ channel: 'staff' }).subscribe(listen(other)),
  ];
  await localBus({ channel: 'customers' }).publish('hello');
  expect(own.mock.calls).toEqual([['hello']]);
  expect(other).not.toHaveBeenCalled();
  for (const stop of stops) await stop();
  await localBus({ channel: 'customers' }).publish('again');
  expect(own).toHaveBeenCalledOnce();
});

test('an empty channel is misuse', async () => {
  const { localBus } = await loadCopy();
  expect(() => localBus({ channel: '' })).toThrow(/^channel: /);
});
