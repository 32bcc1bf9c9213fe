import SqliteDatabase from 'better-sqlite3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createDirectConnection } from './direct-connection.ts';
import { createWriteBack } from './write-back.ts';

async function openLog() {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-write-back-'));
  const database = new SqliteDatabase(join(folder, 'app.db'));
  database.pragma('journal_mode = wal');
  database.exec('create table notes (text)');
  return {
    database,
    write: () => void database.exec(`insert into notes values ('a')`),
    /** How many pages the log has. If all are written back, the next commit begins it again. */
    length: () => Reflect.get(Object((database.pragma('wal_checkpoint(passive)') as readonly unknown[])[0]), 'log'),
    async [Symbol.asyncDispose]() {
      database.close();
      await rm(folder, { recursive: true });
    },
  };
}

test.each([
  [99, 21],
  [100, 1],
])('another thread writes the log back, a hundred rows at a time: after %i rows', async (rows, length) => {
  await using log = await openLog();
  const here = vi.fn();
  const writeBack = createWriteBack(log.database, here);
  log.database.pragma('wal_checkpoint(truncate)');
  for (let n = 0; n < 20; n += 1) log.write();
  await writeBack.beside(rows);
  log.write();
  expect(log.length()).toBe(length);
  expect(here).not.toHaveBeenCalled();
  await writeBack.close();
});

test('a database in memory has no other thread, so it is done here', async () => {
  const here = vi.fn();
  const writeBack = createWriteBack(new SqliteDatabase(':memory:'), here);
  await writeBack.beside(1);
  expect(here).toHaveBeenCalledOnce();
  await writeBack.close();
});

test('a file that the other thread cannot open is written back here', async () => {
  const here = vi.fn();
  const writeBack = createWriteBack({ name: '/missing/app.db', memory: false }, here);
  await writeBack.beside(1);
  expect(here).toHaveBeenCalledOnce();
  await writeBack.close();
});

test('an open transaction of the app is not disturbed', () => {
  const database = new SqliteDatabase(':memory:');
  database.exec('begin');
  expect(() => createDirectConnection(database).openWriteBack().here()).not.toThrow();
  expect(database.inTransaction).toBe(true);
});
