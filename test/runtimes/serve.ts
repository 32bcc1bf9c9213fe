import { migrateToLatest, type AppDatabase, type SessionsDatabase } from '@trpc-sessions/core';
import { hashPassword, verifyPassword } from '@trpc-sessions/core/password';
import { createRuntimeRouter } from './app.ts';
import { createFetchHandler } from './fetch-handler.ts';

/** The default export of an app: `bun` and `deno serve` start a server for it. */
export async function serve(db: AppDatabase<SessionsDatabase>) {
  await migrateToLatest(db);
  const hash = await hashPassword('right');
  return {
    port: Number(process.env['PORT']),
    hostname: '127.0.0.1',
    fetch: createFetchHandler(createRuntimeRouter(db, (password) => verifyPassword(password, hash))),
  };
}
