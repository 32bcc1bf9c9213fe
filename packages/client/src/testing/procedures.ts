import { createTRPCClient, type TRPCClient, type TRPCClientError } from '@trpc/client';
import {
  initTRPC,
  tracked,
  TRPCError,
  type TRPCBuiltRouter,
  type TRPCMutationProcedure,
  type TRPCQueryProcedure,
  type TRPCRouterRecord,
  type TRPCSubscriptionProcedure,
} from '@trpc/server';
import type { SessionErrorReason } from '@trpc-sessions/server';
import superjson from 'superjson';
import { expect } from 'vitest';
import { sessionLinks } from '../links/session-links.ts';
import type { TokenStore } from '../tokens/token-store.ts';
import { errorFormatter, refusal, type RefusalShape, type TestContext } from './server.ts';

// A router whose `login` returns its input as the token, and whose refusals a test chooses.

const t = initTRPC.context<TestContext>().create({
  transformer: superjson,
  errorFormatter,
  sse: { client: { reconnectAfterInactivityMs: 100 } },
});

/** The tokens that the server refuses, with the reason of each. */
export const refused: Map<string | null, SessionErrorReason> = new Map();

const authenticated = t.procedure.use(({ ctx, next }) => {
  const reason = ctx.token === null ? 'missing_token' : refused.get(ctx.token);
  if (reason !== undefined) throw refusal(reason);
  return next();
});

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new TRPCError({ code: 'BAD_REQUEST' });
};

const auth = t.router({
  login: t.procedure.input(text).mutation(({ input }) => {
    if (input === '') throw refusal('invalid_credentials');
    return { token: input, at: new Date(0) };
  }),
  logout: authenticated.mutation(() => ({ revoked: 1 })),
});

const app = t.router({
  me: authenticated.query(({ ctx }) => ctx.token),
  save: authenticated.mutation(({ ctx }) => ctx.token),
  fail: t.procedure.input(text).query(({ input }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests pass a code
    throw new TRPCError({ code: input as TRPCError['code'] });
  }),
  refuse: t.procedure.input(text).query(({ input }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the tests pass a reason
    throw refusal(input as SessionErrorReason);
  }),
  /** Yields its token once, and then nothing: after a while the client reconnects. */
  silent: authenticated.subscription(async function* ({ ctx, signal }) {
    yield tracked('1', { token: ctx.token, at: new Date(0) });
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  }),
  /** Is refused after the first value. */
  cut: authenticated.subscription(async function* ({ ctx }) {
    yield ctx.token;
    throw refusal('revoked_session');
  }),
});

type Router<TRecord extends TRPCRouterRecord> = TRPCBuiltRouter<
  { ctx: TestContext; meta: object; errorShape: RefusalShape; transformer: true },
  TRecord
>;
interface Of<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
}
type Auth = {
  login: TRPCMutationProcedure<Of<string, { token: string; at: Date }>>;
  logout: TRPCMutationProcedure<Of<void, { revoked: number }>>;
};
type App = {
  me: TRPCQueryProcedure<Of<void, string | null>>;
  save: TRPCMutationProcedure<Of<void, string | null>>;
  fail: TRPCQueryProcedure<Of<string, never>>;
  refuse: TRPCQueryProcedure<Of<string, never>>;
  silent: TRPCSubscriptionProcedure<
    Of<void, AsyncIterable<{ id: string; data: { token: string | null; at: Date } }, void, unknown>>
  >;
  cut: TRPCSubscriptionProcedure<Of<void, AsyncIterable<string | null, void, unknown>>>;
};

/** An app's router with ours at `auth`. */
export const nested: Router<{ auth: Auth; app: App }> = t.router({ auth, app });
/** An app's router with ours at the root. */
export const merged: Router<Auth & { app: App }> = t.mergeRouters(auth, t.router({ app }));
/** An app's router with ours at `auth`, and a `login` of its own. */
export const lookalike: Router<{ login: TRPCMutationProcedure<Of<void, { token: string }>>; auth: Auth }> = t.router({
  login: t.procedure.mutation(() => ({ token: 'other' })),
  auth,
});

/** A client of {@link nested}. */
export function connect(server: { readonly url: string }, tokens: TokenStore): TRPCClient<typeof nested> {
  const links = sessionLinks<typeof nested>({ url: server.url, at: 'auth', tokens, transformer: superjson });
  return createTRPCClient<typeof nested>({ links });
}

/** The error of a call, which must fail. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.unreachable('not refused'),
    (error: unknown) => error,
  );
}

interface Handlers {
  onData: (data: unknown) => void;
  onError: (error: TRPCClientError<typeof nested>) => void;
}

/** Subscribes until the subscription fails. Returns its values and its error. */
export async function outcomeOf(
  subscribe: (handlers: Handlers) => unknown,
  onData: (data: unknown) => void = () => {},
): Promise<{ data: unknown[]; error: unknown }> {
  const data: unknown[] = [];
  const error = await new Promise((onError) => {
    subscribe({
      onData(value) {
        data.push(value);
        onData(value);
      },
      onError,
    });
  });
  return { data, error };
}
