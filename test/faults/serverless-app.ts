import { writeSync } from 'node:fs';
import { createSessionManager, isSessionError, type SessionsDatabase } from '@trpc-sessions/core';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';

// A function that serverless.test.ts starts for one request. After its response it stops like a frozen process, until it is
// killed: no timer of it runs any more.

const [file = '', keys = '', token = '', now = '', mode = ''] = process.argv.slice(2);
const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SqliteDatabase(file) }) });
const pending: Promise<void>[] = [];
const manager = createSessionManager({
  db,
  keys,
  idleTimeout: '30m',
  clock: () => Number(now),
  lastSeenWrites: mode === 'inline' ? 'inline' : 'batched',
  waitUntil: mode === 'waitUntil' ? (promise) => pending.push(promise) : undefined,
});

const answer = await manager.verify(token).then(
  () => 'accepted',
  (error: unknown) => (isSessionError(error) ? error.reason : String(error)),
);
if (mode === 'flush') await manager.flush();
await Promise.all(pending);
writeSync(1, `${answer}\n`);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
