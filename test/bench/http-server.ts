import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSessionManager, localBus, memoryCache, type SessionManager } from '@trpc-sessions/core';
import { createSessionsPlugin, sessionsContext, type SessionsContext } from '@trpc-sessions/server';
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { Kysely, SqliteDialect } from 'kysely';
import { checkSignature, columns, secret } from './floor.ts';
import { createBetterAuth } from './peers/better-auth.ts';
import { createExpressSessions } from './peers/express-session.ts';
import { openFile } from './sqlite.ts';

// A server of the HTTP table, in a process of its own: its CPU time is the server's alone.

const [kind = '', file = ''] = process.argv.slice(2);

interface Context extends SessionsContext {
  readonly req: IncomingMessage;
}

const t = initTRPC.context<Context>().create();

/** The app of a candidate. */
interface Served {
  readonly router: ReturnType<typeof routerOf>;
  /** The cookies of the requests, for a candidate that reads no token of ours. */
  readonly cookies?: readonly string[];
  /** Runs before the handler of tRPC. */
  readonly before?: (request: IncomingMessage, response: unknown, next: () => void) => void;
}

/** A query that calls `find` for its session. */
function routerOf(find: (request: IncomingMessage) => unknown) {
  const signedIn = t.procedure.use(async ({ ctx, next }) => {
    const session = await find(ctx.req);
    if (session === null || session === undefined) throw new TRPCError({ code: 'UNAUTHORIZED' });
    return next({ ctx: { session } });
  });
  return t.router({ hello: signedIn.query(() => 'ok') });
}

function ours(manager: SessionManager): Served {
  const { authenticated } = createSessionsPlugin({ manager, authenticate: () => null });
  const router = t.router({ hello: t.procedure.concat(authenticated).query(() => 'ok') });
  return { router };
}

async function betterAuth(cookieCache: boolean): Promise<Served> {
  const { auth, cookies } = await createBetterAuth({ file }, cookieCache);
  const find = ({ headers }: IncomingMessage) =>
    auth.api.getSession({ headers: new Headers({ cookie: headers.cookie ?? '' }) });
  return { router: routerOf(find), cookies };
}

const candidates: Readonly<Record<string, () => Served | Promise<Served>>> = {
  open: () => {
    const router = t.router({ hello: t.procedure.query(() => 'ok') });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a middleware, but the same query
    return { router: router as unknown as Served['router'] };
  },
  byHand() {
    const select = openFile(file).prepare(`select ${columns} from sessions where id = ?`);
    return {
      router: routerOf(({ headers }) => {
        checkSignature(headers.authorization?.slice('Bearer '.length) ?? '');
        return select.get(headers['x-session-id']);
      }),
    };
  },
  readme: () => ours(createSessionManager({ db: openFile(file), keys: secret, lifetime: '30d' })),
  kysely() {
    const db = new Kysely<object>({ dialect: new SqliteDialect({ database: openFile(file) }) });
    return ours(createSessionManager({ db, keys: secret }));
  },
  cached: () =>
    ours(
      createSessionManager({ db: openFile(file), keys: secret, cache: memoryCache({ max: 10_000 }), bus: localBus() }),
    ),
  expressSession() {
    const { middleware, cookies, userIdOf } = createExpressSessions({ file }, 1000);
    return { router: routerOf(userIdOf), cookies, before: middleware };
  },
  betterAuth: () => betterAuth(false),
  betterAuthCached: () => betterAuth(true),
};

const { router, cookies, before } = await candidates[kind]!();
const handle = createHTTPHandler({
  router,
  createContext: (opts) => ({ ...sessionsContext(opts), req: opts.req }),
});
const server = createServer((request, response) => {
  if (before === undefined) handle(request, response);
  else before(request, response, () => handle(request, response));
});
// Between its turns, a server keeps its connections.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, cookies });
});
// The bench asks for the CPU time, in microseconds.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
process.on('disconnect', () => process.exit());
