import SqliteDatabase from 'better-sqlite3';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
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

test('a database in memory is written back on this thread', async () => {
  const here = vi.fn();
  const writeBack = createWriteBack(new SqliteDatabase(':memory:'), here);
  await writeBack.beside(1);
  expect(here).toHaveBeenCalledOnce();
  await writeBack.close();
});

test('a file that the other thread cannot open is written back here', async () => {
  const log = await openLog();
  await log[Symbol.asyncDispose]();
  const here = vi.fn();
  const writeBack = createWriteBack(log.database, here);
  await writeBack.beside(1);
  expect(here).toHaveBeenCalledOnce();
  await writeBack.close();
});

test('a database of another copy of the driver is written back here: one SQLite would release the locks of the other', async () => {
  await using log = await openLog();
  const here = vi.fn();
  const writeBack = createWriteBack({ name: log.database.name, memory: false }, here);
  await writeBack.beside(100);
  expect(here).toHaveBeenCalledOnce();
  await writeBack.close();
});

test('the other thread does not run the modules that the app preloads', async () => {
  await using log = await openLog();
  const preloaded = join(dirname(log.database.name), 'preloaded.cjs');
  await writeFile(preloaded, `require('node:fs').appendFileSync(__filename + '.log', 'loaded ')`);
  const app = `
    import Database from 'better-sqlite3';
    import { createWriteBack } from ${JSON.stringify(new URL('write-back.ts', import.meta.url))};
    const writeBack = createWriteBack(new Database(${JSON.stringify(log.database.name)}), () => process.exit(1));
    await writeBack.beside(100);
    await writeBack.close();
  `;
  await promisify(execFile)(process.execPath, ['--require', preloaded, '--input-type=module', '--eval', app], {
    cwd: import.meta.dirname,
  });
  expect(await readFile(`${preloaded}.log`, 'utf8')).toBe('loaded ');
});

test('an open transaction of the app is not disturbed', () => {
  const database = new SqliteDatabase(':memory:');
  database.exec('begin');
  expect(() => createDirectConnection(database).openWriteBack().here()).not.toThrow();
  expect(database.inTransaction).toBe(true);
});
