import type { SessionsDatabase } from '@trpc-sessions/core';
import { Kysely } from 'kysely';
import { nodeSqliteDialect } from './node-sqlite.ts';
import { serve } from './serve.ts';

export default await serve(new Kysely<SessionsDatabase>({ dialect: nodeSqliteDialect(':memory:') }));
