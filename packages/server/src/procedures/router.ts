import { SessionError, type CallerInfo, type DeviceInput, type SessionManager } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import {
  initTRPC,
  TRPCError,
  type TRPCBuiltRouter,
  type TRPCDefaultErrorShape,
  type TRPCMutationProcedure,
  type TRPCQueryProcedure,
} from '@trpc/server';
import { requireCaller, type AuthenticatedProcedure, type Verifier } from '../authenticated/authenticated.ts';
import { connectionOf, type SessionsContext } from '../request/context.ts';
import { formatSessionError, fromManager, isEndOfSession, withRefusal, type SessionErrorShape } from '../errors.ts';
import { parseId, parseIds, parsePage, passwordCredentials, splitDevice } from './inputs.ts';
import { sessionInfoOf, type Locate, type SessionInfo } from './session-info.ts';

/** A user who has proved to be one. */
export interface AuthenticatedUser<TClaims> {
  readonly id: string;
  /** What goes into the token, for every request to read without the database. Anyone who holds the token can read it. */
  readonly claims?: TClaims | undefined;
}

/** Checks credentials: the user, or `null` when they are not right, for whatever reason. */
export type Authenticate<TCredentials, TClaims> = (
  credentials: TCredentials,
  opts: { readonly caller: CallerInfo },
) => AuthenticatedUser<TClaims> | null | undefined | Promise<AuthenticatedUser<TClaims> | null | undefined>;

/** What `login` returns. */
export interface LoginResult {
  /** The access token: shown this once. */
  readonly token: string;
  readonly session: SessionInfo;
}

/** How many sessions were ended. */
export interface RevokeResult {
  readonly revoked: number;
}

/** What `login` takes: the credentials, and what the client says of its device. */
export type LoginInput<TCredentials> = TCredentials & { device?: DeviceInput | undefined };

/** What `sessions.page` takes: as TanStack Query's `useInfiniteQuery` passes it. */
export interface PageInput {
  /** How many sessions at most, up to 100. @defaultValue 20 */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. @defaultValue the first page */
  readonly cursor?: string | null | undefined;
}

/** What `sessions.page` returns. */
export interface SessionInfoPage {
  readonly sessions: SessionInfo[];
  /** What to ask the next page with; `null` where this is the last. */
  readonly nextCursor: string | null;
}

/** The types of one of our procedures. */
export interface SessionsProcedure<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
  errorShape: SessionErrorShape | TRPCDefaultErrorShape;
}

/** The procedures of {@link SessionsRouter}. */
export interface SessionsRouterRecord<TCredentials> {
  login: TRPCMutationProcedure<SessionsProcedure<LoginInput<TCredentials>, LoginResult>>;
  logout: TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>>;
  sessions: {
    list: TRPCQueryProcedure<SessionsProcedure<void, SessionInfo[]>>;
    page: TRPCQueryProcedure<SessionsProcedure<PageInput | void, SessionInfoPage>>;
    get: TRPCQueryProcedure<SessionsProcedure<{ id: string }, SessionInfo>>;
    current: TRPCQueryProcedure<SessionsProcedure<void, SessionInfo>>;
    revoke: TRPCMutationProcedure<SessionsProcedure<{ id: string } | { ids: readonly string[] }, RevokeResult>>;
    revokeOthers: TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>>;
  };
}

/** The router to merge or nest: `login`, `logout` and `sessions.*`. */
export type SessionsRouter<TCredentials> = TRPCBuiltRouter<
  { ctx: SessionsContext; meta: object; errorShape: TRPCDefaultErrorShape; transformer: false },
  { [TName in keyof SessionsRouterRecord<TCredentials>]: SessionsRouterRecord<TCredentials>[TName] }
>;

/** What {@link createRouter} is made of. */
export interface RouterParts<TSchema extends StandardSchemaV1, TClaims> {
  readonly manager: SessionManager;
  readonly credentials: TSchema | undefined;
  readonly authenticate: Authenticate<StandardSchemaV1.InferOutput<TSchema>, TClaims>;
  readonly locate: Locate | undefined;
  readonly verifier: Verifier;
  readonly authenticated: AuthenticatedProcedure<TClaims>;
}

export function createRouter<TSchema extends StandardSchemaV1, TClaims>(
  parts: RouterParts<TSchema, TClaims>,
): SessionsRouter<StandardSchemaV1.InferInput<TSchema>> {
  const { manager, authenticate, locate, verifier, authenticated } = parts;
  // No transformer and no error formatter of our own: tRPC refuses to merge routers that disagree.
  const t = initTRPC.context<SessionsContext>().create();
  const schema: StandardSchemaV1 = parts.credentials ?? passwordCredentials;

  const login = t.procedure
    .errors(formatSessionError)
    .use(async ({ ctx, getRawInput, next }) => {
      const caller = requireCaller(ctx);
      const { device } = splitDevice(await getRawInput());
      return withRefusal(await next({ ctx: { caller, device } }));
    })
    .use(({ getRawInput, next }) => next({ getRawInput: async () => splitDevice(await getRawInput()).credentials }))
    .input(schema)
    .mutation(async ({ ctx: { caller, device }, input }): Promise<LoginResult> => {
      const user = await authenticate(input, { caller });
      if (user === null || user === undefined) throw new SessionError('invalid_credentials');
      const claims = { ...user.claims };
      const { token, session } = await fromManager(manager.issue({ userId: user.id, claims, caller, device }));
      connectionOf(caller)?.cookie?.set(token, session.expiresAt);
      return { token, session: await sessionInfoOf(session, session.id, locate) };
    });

  /** The caller has just ended its own session. */
  function forget(caller: CallerInfo): void {
    verifier.forget(caller);
    connectionOf(caller)?.cookie?.clear();
  }

  // A page cannot take back a cookie that it cannot read: signing out does, also where the session has long ended.
  const logout = t.procedure
    .use(async ({ ctx, next }) => {
      const result = await next();
      if (!result.ok && isEndOfSession(result.error)) connectionOf(requireCaller(ctx))?.cookie?.clear();
      return result;
    })
    .concat(authenticated)
    .mutation(async ({ ctx }): Promise<RevokeResult> => {
      await fromManager(manager.revoke({ userId: ctx.userId, id: ctx.session.id }));
      forget(ctx.caller);
      return { revoked: 1 };
    });

  const sessions = {
    list: authenticated.query(async ({ ctx }): Promise<SessionInfo[]> => {
      const list = await fromManager(manager.list(ctx.userId));
      return Promise.all(list.map((session) => sessionInfoOf(session, ctx.session.id, locate)));
    }),

    page: authenticated.input(parsePage).query(async ({ ctx, input }): Promise<SessionInfoPage> => {
      const { sessions: page, nextCursor } = await fromManager(manager.list(ctx.userId, input), 'BAD_REQUEST');
      const infos = page.map((session) => sessionInfoOf(session, ctx.session.id, locate));
      return { sessions: await Promise.all(infos), nextCursor };
    }),

    get: authenticated.input(parseId).query(async ({ ctx, input }): Promise<SessionInfo> => {
      const session = await fromManager(manager.get({ userId: ctx.userId, id: input.id }));
      if (session === null) throw notFound();
      return sessionInfoOf(session, ctx.session.id, locate);
    }),

    current: authenticated.query(({ ctx }): Promise<SessionInfo> => sessionInfoOf(ctx.session, ctx.session.id, locate)),

    revoke: authenticated.input(parseIds).mutation(async ({ ctx, input }): Promise<RevokeResult> => {
      const ids = 'id' in input ? [input.id] : input.ids;
      const revoked = await fromManager(manager.revokeMany({ userId: ctx.userId, ids }));
      if (ids.includes(ctx.session.id)) forget(ctx.caller);
      // Someone else's session and an unknown one look the same.
      if (revoked === 0 && 'id' in input) throw notFound();
      return { revoked };
    }),

    revokeOthers: authenticated.mutation(async ({ ctx }): Promise<RevokeResult> => {
      const { userId, session } = ctx;
      return { revoked: await fromManager(manager.revokeOthers({ userId, currentId: session.id })) };
    }),
  };

  const router = t.router({ login, logout, sessions });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of `login`, only the schema knows what it takes
  return router as unknown as SessionsRouter<StandardSchemaV1.InferInput<TSchema>>;
}

function notFound(): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: 'You have no such session.' });
}
