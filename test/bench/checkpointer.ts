import { Worker } from 'node:worker_threads';
import type SqliteDatabase from 'better-sqlite3';

/** On a thread of its own, so that no request waits for the disk. */
const work = `
  const { workerData } = require('node:worker_threads');
  import(workerData.driver).then(({ default: SqliteDatabase }) => {
    const database = new SqliteDatabase(workerData.file);
    setInterval(() => database.pragma('wal_checkpoint(passive)'), 200);
  });
`;

/** Has SQLite's write-ahead log written back by another thread, and not by whichever commit fills it. */
export function checkpointElsewhere(database: SqliteDatabase.Database): AsyncDisposable {
  const before = database.pragma('wal_autocheckpoint', { simple: true });
  database.pragma('wal_autocheckpoint = 0');
  const driver = import.meta.resolve('better-sqlite3');
  const worker = new Worker(work, { eval: true, workerData: { file: database.name, driver } });
  return {
    async [Symbol.asyncDispose]() {
      await worker.terminate();
      database.pragma(`wal_autocheckpoint = ${String(before)}`);
    },
  };
}
