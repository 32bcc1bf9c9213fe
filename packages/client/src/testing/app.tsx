import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createTRPCClient, httpBatchLink } from '@trpc/client';
import { configure } from '@testing-library/react';
import { initTRPC, TRPCError } from '@trpc/server';
import type { RevokeInput, SessionErrorReason, SessionInfo } from '@trpc-sessions/server';
import { StrictMode, type ComponentType, type PropsWithChildren } from 'react';
import { sessionLinks } from '../links/session-links.ts';
import { SessionProvider } from '../react/provider.tsx';
import type { AnySessionClient, SessionClient } from '../react/session-client.ts';
import { memoryTokenStore } from '../tokens/memory.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { testFetch } from './fetch.ts';
import { errorFormatter, refusal, serve, type TestContext, type TestServer } from './server.ts';

/** A server that keeps sessions by their tokens, and a page in front of it. */
export interface TestApp extends AsyncDisposable {
  readonly tokens: TokenStore;
  readonly queryClient: QueryClient;
  readonly client: SessionClient;
  /** The paths of the requests. */
  readonly calls: () => string[];
  /** Creates a session as another device would. Returns its token, which is also its id. */
  readonly signIn: (username: string) => string;
  readonly signOut: (token: string) => void;
  /** While set, the server answers every call with it. */
  trouble: 'broken connection' | TRPCError['code'] | SessionErrorReason | null;
  /** Holds all answers until the returned function is called. */
  readonly holdAnswers: () => () => void;
  readonly Providers: ComponentType<PropsWithChildren<{ readonly client?: AnySessionClient }>>;
}

export interface TestAppOptions {
  readonly tokens?: TokenStore;
  /** Whether the app uses links of its own, which only send a header. */
  readonly ownLinks?: boolean;
}

// On a busy machine a test is slow, not red.
configure({ asyncUtilTimeout: 60_000 });

const never = { name: null, version: null };
const device = { type: null, name: 'Laptop', vendor: null, model: null, os: never, browser: never, app: never };

export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { tokens = memoryTokenStore(), ownLinks = false } = options;
  const users = new Map<string, string>();
  const names = new Map<string, string | null>();

  let signIns = 0;
  function signIn(username: string): string {
    const token = `${username}-${(signIns += 1)}`;
    users.set(token, username);
    return token;
  }

  function infoOf(id: string, current: boolean): SessionInfo {
    const at = new Date(1_000);
    const name = names.get(id) ?? null;
    const rest = { ip: null, createdIp: null, device, name, location: null, userAgent: null };
    return { id, current, createdAt: at, lastSeenAt: at, expiresAt: at, ...rest };
  }

  const t = initTRPC.context<TestContext>().create({ errorFormatter });
  const procedure = t.procedure.use(({ next }) => {
    const { trouble } = app;
    if (trouble === null || trouble === 'broken connection') return next();
    throw isCode(trouble) ? new TRPCError({ code: trouble }) : refusal(trouble);
  });
  const authenticated = procedure.use(({ ctx: { token }, next }) => {
    if (token === null) throw refusal('missing_token');
    const user = users.get(token);
    if (user === undefined) throw refusal('revoked_session');
    return next({ ctx: { token, user } });
  });
  const idsOf = (user: string) => [...users].filter(([, name]) => name === user).map(([id]) => id);

  const auth = t.router({
    login: procedure.input(texts('username', 'password')).mutation(({ input }) => {
      if (input.password !== 'right') throw refusal('invalid_credentials');
      const token = signIn(input.username);
      return { token, session: infoOf(token, true), userId: input.username, claims: {} };
    }),
    logout: authenticated.mutation(({ ctx }) => ({ revoked: Number(users.delete(ctx.token)) })),
    sessions: t.router({
      list: authenticated.query(({ ctx }) => idsOf(ctx.user).map((id) => infoOf(id, id === ctx.token))),
      current: authenticated.query(({ ctx }) => ({ ...infoOf(ctx.token, true), userId: ctx.user, claims: {} })),
      rename: authenticated.input(namedId).mutation(({ ctx, input: { id, name } }) => {
        if (users.get(id) !== ctx.user) throw new TRPCError({ code: 'NOT_FOUND' });
        names.set(id, name?.trim() ?? null);
        return infoOf(id, id === ctx.token);
      }),
      revoke: authenticated.input(revokeInput).mutation(({ ctx, input }) => {
        const ids = 'id' in input ? [input.id] : input.ids;
        const revoked = ids.filter((id) => users.get(id) === ctx.user && users.delete(id)).length;
        if ('id' in input && revoked === 0) throw new TRPCError({ code: 'NOT_FOUND' });
        return { revoked };
      }),
      revokeOthers: authenticated.mutation(({ ctx }) => {
        const others = idsOf(ctx.user).filter((id) => id !== ctx.token);
        for (const id of others) users.delete(id);
        return { revoked: others.length };
      }),
    }),
  });
  const router = t.router({ auth });

  let answering: Promise<void> = Promise.resolve();
  const server: TestServer = await serve(router, {
    createContext: async (context) => {
      await answering;
      return context;
    },
    intercept(req) {
      if (app.trouble !== 'broken connection') return false;
      req.socket.destroy();
      return true;
    },
  });
  const { url } = server;
  const headers = () => ({ authorization: tokens.get() ?? undefined });
  const { auth: client } = createTRPCClient<typeof router>({
    links: ownLinks
      ? [httpBatchLink({ url, headers, fetch: testFetch })]
      : sessionLinks({ url, at: 'auth', tokens, fetch: testFetch }),
  });

  const queryClient = new QueryClient({ defaultOptions: { queries: { retryDelay: 1 } } });
  const app: TestApp = {
    tokens,
    queryClient,
    client,
    calls: () => server.requests.map((request) => new URL(request.url, url).pathname.slice(1)),
    signIn,
    signOut: (token) => void users.delete(token),
    trouble: null,
    holdAnswers() {
      const { promise, resolve } = Promise.withResolvers<void>();
      answering = promise;
      return resolve;
    },
    Providers: ({ children, client: other = client }) => (
      <StrictMode>
        <QueryClientProvider client={queryClient}>
          <SessionProvider client={other} tokens={tokens}>
            {children}
          </SessionProvider>
        </QueryClientProvider>
      </StrictMode>
    ),
    async [Symbol.asyncDispose]() {
      queryClient.clear();
      await server[Symbol.asyncDispose]();
    },
  };
  return app;
}

function isCode(trouble: TRPCError['code'] | SessionErrorReason): trouble is TRPCError['code'] {
  return trouble === trouble.toUpperCase();
}

function revokeInput(value: unknown): RevokeInput {
  const ids: unknown = Reflect.get(Object(value), 'ids');
  if (ids === undefined) return texts('id')(value);
  if (!Array.isArray(ids) || ids.length > 100) throw new TRPCError({ code: 'BAD_REQUEST' });
  return { ids: ids.map(String) };
}

/** The input of `rename`. */
function namedId(value: unknown): { id: string; name: string | null } {
  const name: unknown = Reflect.get(Object(value), 'name');
  return { ...texts('id')(value), name: name === null ? null : texts('name')(value).name };
}

/** Returns a parser of objects with these texts. */
function texts<TName extends string>(...names: TName[]): (value: unknown) => Record<TName, string> {
  const hasTexts = (value: unknown): value is Record<TName, string> =>
    typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'string');
  return (value) => {
    if (hasTexts(value)) return value;
    throw new TRPCError({ code: 'BAD_REQUEST' });
  };
}
