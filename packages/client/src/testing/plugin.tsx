import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { configure, renderHook } from '@testing-library/react';
import { createTRPCClient, type TRPCClient } from '@trpc/client';
import {
  initTRPC,
  type TRPCBuiltRouter,
  type TRPCDefaultErrorShape,
  type TRPCMutationProcedure,
  type TRPCQueryProcedure,
} from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query';
import {
  createSessionManager,
  localBus,
  migrateToLatest,
  type SessionManager,
  type SessionsDatabase,
} from '@trpc-sessions/core';
import {
  createSessionsPlugin,
  sessionsContext,
  type PasswordCredentials,
  type SessionsContext,
  type SessionsRouter,
} from '@trpc-sessions/server';
import SQLite from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PropsWithChildren } from 'react';
import superjson from 'superjson';
import { sessionLinks } from '../links/session-links.ts';
import { SessionProvider, type SessionProviderProps } from '../react/provider.tsx';
import type { LiveProps } from '../react/use-live.ts';
import { useSession, type UseSessionResult } from '../react/use-session.ts';
import { useSessions, type UseSessionsResult } from '../react/use-sessions.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { browserFetch } from './fetch.ts';

// An app with the real plugin.

// On a busy machine a test is slow, not red.
configure({ asyncUtilTimeout: 60_000 });

export const right = { username: 'ada', password: 'right' };

interface Returns<TOutput> {
  input: void;
  output: TOutput;
  meta: object;
}

export type Router = TRPCBuiltRouter<
  { ctx: SessionsContext; meta: object; errorShape: TRPCDefaultErrorShape; transformer: true },
  {
    auth: SessionsRouter<PasswordCredentials, { name: string }>['_def']['record'];
    me: TRPCQueryProcedure<Returns<string>>;
    news: TRPCQueryProcedure<Returns<string>>;
    reissue: TRPCMutationProcedure<Returns<{ token: string }>>;
  }
>;

function createRouter(manager: SessionManager, calls: string[]): Router {
  const sessions = createSessionsPlugin({
    manager,
    authenticate: ({ username, password }) =>
      password === 'right' ? { id: username, claims: { name: username.toUpperCase() } } : null,
  });
  const t = initTRPC.context<SessionsContext>().create({ transformer: superjson });
  const procedure = t.procedure.use(({ path, next }) => (calls.push(path), next()));
  return t.router({
    auth: sessions.router,
    me: procedure.concat(sessions.authenticated).query(({ ctx }) => ctx.userId),
    news: procedure.query(() => 'news'),
    reissue: procedure.concat(sessions.authenticated).mutation(async ({ ctx }) => {
      const { token } = await sessions.reissue(ctx, { claims: { name: `${ctx.claims.name} II` } });
      return { token };
    }),
  });
}

/** Renders a page of the app. */
export interface PageOptions<TResult> extends Pick<
  SessionProviderProps,
  'isPublic' | 'initialSession' | keyof LiveProps
> {
  /** Another hook to render. */
  readonly use?: (trpc: TRPCOptionsProxy<Router>) => TResult;
  /** The cache of a page that was open before. */
  readonly queryClient?: QueryClient;
}

/** A page of the app. */
export interface Page<TResult> {
  readonly trpc: TRPCClient<Router>;
  readonly tokens: TokenStore;
  readonly queryClient: QueryClient;
  readonly session: () => UseSessionResult<TRPCClient<Router>['auth']>;
  readonly list: () => UseSessionsResult;
  /** The result of `use`. */
  readonly used: () => TResult | undefined;
}

export interface Browser {
  readonly cookies: Map<string, string>;
  readonly openPage: <TResult>(tokens: TokenStore, options?: PageOptions<TResult>) => Page<TResult>;
}

export interface PluginServer extends AsyncDisposable {
  readonly url: string;
  readonly manager: SessionManager;
  readonly requests: readonly IncomingHttpHeaders[];
  /** The procedures of each request, with commas between those of a batch. */
  readonly paths: readonly string[];
  /** The app's own calls, as they arrived. */
  readonly calls: readonly string[];
  readonly pass: (milliseconds: number) => void;
  /** Ends all connections, and accepts no other until `start`. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Opens a browser, whose pages share its cookies. */
  readonly openBrowser: () => Browser;
}

export async function startServer({ cookie = false }: { cookie?: boolean } = {}): Promise<PluginServer> {
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: new SQLite(':memory:') }) });
  await migrateToLatest(db);
  let now = Date.now();
  const keys = 'a secret of more than thirty-two bytes';
  const manager = createSessionManager({
    db,
    keys,
    lifetime: '30d',
    idleTimeout: '14d',
    clock: () => now,
    bus: localBus({ channel: `page ${Math.random()}` }),
  });
  const calls: string[] = [];
  const router = createRouter(manager, calls);

  const requests: IncomingHttpHeaders[] = [];
  const server = createHTTPServer({
    router,
    createContext(opts) {
      requests.push(opts.req.headers);
      return sessionsContext(opts, { cookie });
    },
  });
  const paths: string[] = [];
  server.on('request', ({ url: path = '' }: IncomingMessage) => paths.push(new URL(path, url).pathname.slice(1)));
  async function listen(port: number): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }
  await listen(0);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  return {
    url,
    manager,
    requests,
    paths,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
    start: () => listen(port),
    calls,
    pass: (milliseconds) => void (now += milliseconds),
    openBrowser() {
      const cookies = new Map<string, string>();
      const fetch = browserFetch(cookies);
      return { cookies, openPage: (tokens, options) => openPage(url, fetch, tokens, options) };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) server.close();
      await manager.close();
      await db.destroy();
    },
  };
}

function openPage<TResult>(
  url: string,
  fetch: ReturnType<typeof browserFetch>,
  tokens: TokenStore,
  {
    use,
    isPublic,
    live,
    onNewSession,
    onSignedOut,
    queryClient = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } }),
  }: PageOptions<TResult> = {},
): Page<TResult> {
  const links = sessionLinks<Router>({
    url,
    at: 'auth',
    tokens,
    transformer: superjson,
    fetch,
    keepTokenOf: ['reissue'],
  });
  const trpc = createTRPCClient<Router>({ links });
  const options = createTRPCOptionsProxy<Router>({ client: trpc, queryClient });
  const wrapper = ({ children }: PropsWithChildren) => (
    <QueryClientProvider client={queryClient}>
      <SessionProvider
        client={trpc.auth}
        tokens={tokens}
        isPublic={isPublic}
        live={live}
        onNewSession={onNewSession}
        onSignedOut={onSignedOut}
      >
        {children}
      </SessionProvider>
    </QueryClientProvider>
  );
  const { result } = renderHook(() => [useSession<typeof trpc.auth>(), useSessions(), use?.(options)] as const, {
    wrapper,
  });
  return {
    trpc,
    tokens,
    queryClient,
    session: () => result.current[0],
    list: () => result.current[1],
    used: () => result.current[2],
  };
}
