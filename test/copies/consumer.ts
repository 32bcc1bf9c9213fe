/*
 * An app on an older tRPC, for its types: it is compiled beside the releases of `copies.ts`, and beside the newest.
 */
import { memoryTokenStore, sessionLinks } from '@trpc-sessions/client';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import {
  createSessionsPlugin,
  sessionErrorFormatter,
  sessionsContext,
  type SessionErrorReason,
  type SessionsContext,
} from '@trpc-sessions/server';
import { createTRPCClient, type TRPCClientError } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import type { Kysely } from 'kysely';

interface Context extends SessionsContext {
  readonly isApp: true;
}

interface Hello {
  readonly name: string;
  readonly isApp: true;
  readonly since: number;
}

export function makeRouters(db: Kysely<SessionsDatabase>) {
  const manager = createSessionManager({ db, keys: '' });
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username }) => ({ id: username, claims: { username } }),
  });
  const t = initTRPC.context<Context>().create({ errorFormatter: sessionErrorFormatter });
  const hello = t.procedure.concat(sessions.authenticated).query(({ ctx }): Hello => ({
    name: ctx.claims.username,
    isApp: ctx.isApp,
    since: ctx.session.createdAt.getTime(),
  }));
  const nested = t.router({ auth: sessions.router, hello });
  const plain = initTRPC.context<Context>().create();
  const merged = plain.mergeRouters(plain.router({ open: plain.procedure.query(() => 1) }), sessions.router);
  createHTTPServer({ router: nested, createContext: (opts) => ({ ...sessionsContext(opts), isApp: true as const }) });
  return { nested, merged };
}

type Nested = ReturnType<typeof makeRouters>['nested'];
type Merged = ReturnType<typeof makeRouters>['merged'];

const tokens = memoryTokenStore();
const nested = createTRPCClient<Nested>({ links: sessionLinks({ url: '', at: 'auth', tokens }) });
const merged = createTRPCClient<Merged>({ links: sessionLinks({ url: '', tokens }) });

export async function call(): Promise<readonly [string, string | undefined, string, Hello]> {
  const { token } = await nested.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  const [first] = await nested.auth.sessions.list.query();
  const current = await merged.sessions.current.query();
  // @ts-expect-error -- no such input
  await nested.auth.login.mutate({ user: 'ada' });
  // @ts-expect-error -- no such procedure
  await merged.auth.login.mutate({ username: 'ada', password: 'lovelace' });
  return [token, first?.id, current.id, await nested.hello.query()];
}

export function reasonOf(error: TRPCClientError<Nested>): SessionErrorReason | undefined {
  return error.data?.session?.reason;
}
