// @ts-expect-error: a module of Cloudflare Workers
import { env } from 'cloudflare:workers';
import { migrateToLatest, type SessionsDatabase } from '@trpc-sessions/core';
import { Kysely } from 'kysely';
import { createRuntimeRouter } from './app.ts';
import { d1Dialect } from './d1.ts';
import { createFetchHandler } from './fetch-handler.ts';

// At module level, as Workers are written.
const db = new Kysely<SessionsDatabase>({ dialect: d1Dialect(env.DB) });
const router = createRuntimeRouter(db, (password) => Promise.resolve(password === 'right'));
const handle = createFetchHandler(router);
let migrated: Promise<unknown> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    migrated ??= migrateToLatest(db);
    await migrated;
    return handle(request);
  },
};
