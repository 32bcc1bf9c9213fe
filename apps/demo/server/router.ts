import type { SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, type SessionsContext } from '@trpc-sessions/server';
import { altcha } from '@trpc-sessions/server/altcha';
import { country } from '@trpc-sessions/server/country';
import { initTRPC } from '@trpc/server';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { samplePlaces } from './samples.ts';
import { authenticate } from './users.ts';

/** The parts of the router. */
export interface RouterOptions {
  readonly db: Kysely<Database>;
  readonly manager: SessionManager;
  readonly secret: string;
  readonly samples: boolean;
  readonly throttleStore?: 'database' | undefined;
}

/** The app's router, with the sessions merged into it at the root. */
export function createAppRouter({ db, manager, secret, samples, throttleStore }: RouterOptions) {
  const findCountry = country();
  const sessions = createSessionsPlugin({
    manager,
    authenticate: (credentials, request) => authenticate(db, credentials, request),
    // `Admin` is another user than `admin` here. In this form, their names differ in any case.
    throttle: { account: ({ username }) => Buffer.from(username).toString('hex'), store: throttleStore },
    locate: (ip, opts) => (samples ? samplePlaces.get(ip) : undefined) ?? findCountry(ip, opts),
    captcha: altcha({ secret: `captchas of the demo: ${secret}` }),
  });

  const t = initTRPC.context<SessionsContext>().create({ isDev: false });
  const protectedProcedure = t.procedure.concat(sessions.authenticated);

  const own = t.router({
    /** A procedure of the app's own, for signed-in users. */
    hello: protectedProcedure.query(({ ctx }) => ({ hello: ctx.claims.username })),
  });

  return t.mergeRouters(own, sessions.router);
}

export type AppRouter = ReturnType<typeof createAppRouter>;
