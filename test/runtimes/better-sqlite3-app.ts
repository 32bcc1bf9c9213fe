import { migrateToLatest } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import SQLite from 'better-sqlite3';
import { createRuntimeRouter } from './app.ts';
import { createFetchHandler } from './fetch-handler.ts';

const db = new SQLite(':memory:');
await migrateToLatest(db);
const hash = await hashPassword('right');

// `bun` starts a server for it.
export default {
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  fetch: createFetchHandler(createRuntimeRouter(db, (password) => verifyPassword(password, hash))),
};
