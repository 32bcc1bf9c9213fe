import { migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { sessionsContext } from '@trpc-sessions/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { Kysely } from 'kysely';
import { createRuntimeRouter } from './app.ts';
import { nodeSqliteDialect } from './node-sqlite.ts';

const db = new Kysely<SessionsDatabase>({ dialect: nodeSqliteDialect(':memory:') });
const server = createHTTPServer({
  router: createRuntimeRouter(db, (password) => Promise.resolve(password === 'right')),
  createContext: (opts) => sessionsContext(opts),
});

// CommonJS has no `await` here.
void migrateToLatest(db).then(() => server.listen(Number(process.env['PORT']), '127.0.0.1'));
