import { migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { Kysely } from 'kysely';
import { createRuntimeRouter } from './app.ts';
import { createFetchHandler } from './fetch-handler.ts';
import { nodeSqliteDialect } from './node-sqlite.ts';

const db = new Kysely<SessionsDatabase>({ dialect: nodeSqliteDialect(':memory:') });
await migrateToLatest(db);
const hash = await hashPassword('right');

// `bun` and `deno serve` start a server for it.
export default {
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  fetch: createFetchHandler(createRuntimeRouter(db, (password) => verifyPassword(password, hash))),
};
