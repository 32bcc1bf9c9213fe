import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSessionManager, migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { secret } from '../support/app.ts';
import { refused } from './sessions.ts';

test('with a connection to read by, no look-up waits for an open transaction, and none is behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-read-'));
  const open = () => {
    const database = new SqliteDatabase(join(folder, 'app.db'));
    database.pragma('journal_mode = WAL');
    return new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
  };
  const [db, readDb] = [open(), open()];
  await migrateToLatest(db);
  const manager = createSessionManager({ db, readDb, keys: secret });
  const { token, session } = await manager.issue({ userId: 'u1' });

  const order: string[] = [];
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const transaction = db.transaction().execute(async () => {
    await done;
    order.push('transaction');
  });
  await manager.verify(token).then(() => order.push('verify'));
  expect(await manager.list('u1')).toEqual([session]);
  order.push('list');
  finish();
  await transaction;
  expect(order).toEqual(['verify', 'list', 'transaction']);

  await manager.revoke({ userId: 'u1', id: session.id });
  await refused(manager.verify(token), 'revoked_session');
  await Promise.all([db.destroy(), readDb.destroy()]);
  await rm(folder, { recursive: true });
});

test('with a copy to read by, which lags, a reissue of a token that was replaced fails, and does not try for ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-read-'));
  const original = new SqliteDatabase(join(folder, 'app.db'));
  const manager = createSessionManager({ db: original, keys: secret });
  await migrateToLatest(original);
  const { token } = await manager.issue({ userId: 'u1' });
  await original.backup(join(folder, 'copy.db'));
  const copy = new SqliteDatabase(join(folder, 'copy.db'));
  const behind = createSessionManager({ db: original, readDb: copy, keys: secret });
  await manager.reissue(token, {});
  await expect(behind.reissue(token, {})).rejects.toThrow(/^reissue: readDb lags/);
  for (const each of [original, copy]) each.close();
  await rm(folder, { recursive: true });
});
