import type { Session, SessionManager } from '@trpc-sessions/core';
import { TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from '@trpc/server';
import type { AccountInput } from '../authenticated/account.ts';
import type { AuthenticatedAccount, AuthenticatedProcedure } from '../authenticated/authenticated.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromApp, fromManager } from '../errors.ts';
import type { Locator } from '../locate/locate.ts';
import { connectionOf } from '../request/connection.ts';
import { issuedBeforeInput, userInput, userPageInput, userSessionsInput } from './admin-inputs.ts';
import { pageInput, withInputError } from './inputs.ts';
import type { SessionsProcedure } from './procedure.ts';
import { sessionInfoOf, type SessionInfo } from './session-info.ts';
import { defaultLimit, type PageInput, type RevokeResult } from './sessions.ts';

/** Answers whether a caller is staff, who lists and revokes the sessions of all users. */
export type IsAdmin<TClaims = unknown, TAccount = undefined, TAnswer = boolean> = (
  caller: AccountInput<TClaims> & AuthenticatedAccount<TAccount>,
) => TAnswer | Promise<TAnswer>;

/** A session as staff sees it. */
export interface AdminSessionInfo extends SessionInfo {
  readonly userId: string;
}

/** A page of sessions, of one user or of all. */
export interface AdminSessionInfoPage {
  readonly sessions: AdminSessionInfo[];
  /** The `cursor` of the next page; `null` on the last. */
  readonly nextCursor: string | null;
}

/** The input of `sessions.admin.list`. */
export interface UserPageInput extends PageInput {
  readonly userId: string;
}

/** The input of `sessions.admin.revoke`. */
export interface UserSessionsInput {
  readonly userId: string;
  /** Up to 100. */
  readonly ids: readonly string[];
}

/** The input of `sessions.admin.revokeIssuedBefore`. */
export interface IssuedBeforeInput {
  /** A Date, which needs a transformer, or a text such as `2026-01-31T12:00:00Z`. A later time than now counts as now. */
  readonly time: Date | string;
}

/** The procedures of `sessions.admin`. Others than staff get `FORBIDDEN`. */
export interface AdminProcedures {
  /** A page of a user's sessions, the newest sign-in first. */
  list: TRPCQueryProcedure<SessionsProcedure<UserPageInput, AdminSessionInfoPage>>;
  /** A page of all users' sessions, the newest sign-in first. */
  page: TRPCQueryProcedure<SessionsProcedure<PageInput | void, AdminSessionInfoPage>>;
  /** Revokes sessions of a user. Ids of other users' sessions are not counted. */
  revoke: TRPCMutationProcedure<SessionsProcedure<UserSessionsInput, RevokeResult>>;
  /** Signs a user out everywhere. */
  revokeAll: TRPCMutationProcedure<SessionsProcedure<{ userId: string }, RevokeResult>>;
  /** Signs all users out whose sign-in was before a time, the caller too. */
  revokeIssuedBefore: TRPCMutationProcedure<SessionsProcedure<IssuedBeforeInput, RevokeResult>>;
}

/** The parts that {@link createAdmin} is made of. */
export interface AdminParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly authenticated: AuthenticatedProcedure;
  readonly locator: Locator;
}

export function createAdmin(
  { manager, verifier, authenticated, locator }: AdminParts,
  isAdmin: IsAdmin<unknown, unknown, unknown>,
): AdminProcedures {
  const admin = authenticated.use(async ({ ctx, next }) => {
    const { userId, claims, session } = ctx;
    const account: unknown = 'account' in ctx ? ctx.account : undefined;
    // Only `true` admits: a function without a `return` admits none.
    if ((await fromApp(() => isAdmin({ userId, claims, session, account }))) !== true) throw forbidden();
    return withInputError(await next());
  });

  const infoOf = async (session: Session, currentId: string): Promise<AdminSessionInfo> => ({
    ...(await sessionInfoOf(session, currentId, locator)),
    userId: session.userId,
  });

  async function pageOf(page: ReturnType<SessionManager['listAll']>, currentId: string): Promise<AdminSessionInfoPage> {
    const { sessions, nextCursor } = await fromManager(page, 'BAD_REQUEST');
    return { sessions: await Promise.all(sessions.map((session) => infoOf(session, currentId))), nextCursor };
  }

  /** The session of the caller may be among the revoked. */
  function signOutIf(isOwn: boolean, { caller }: { readonly caller: Parameters<Verifier['invalidate']>[0] }): void {
    if (!isOwn) return;
    verifier.invalidate(caller);
    connectionOf(caller)?.cookie?.clear();
  }

  return {
    list: admin
      .input(userPageInput)
      .query(({ ctx, input: { userId, limit = defaultLimit, cursor = null } }) =>
        pageOf(manager.list(userId, { limit, cursor, data: false }), ctx.session.id),
      ),

    page: admin
      .input(pageInput)
      .query(({ ctx, input: { limit = defaultLimit, cursor = null } = {} }) =>
        pageOf(manager.listAll({ limit, cursor }), ctx.session.id),
      ),

    revoke: admin.input(userSessionsInput).mutation(async ({ ctx, input }) => {
      const revoked = await fromManager(manager.revokeMany(input, { by: ctx.userId }), 'BAD_REQUEST');
      signOutIf(input.userId === ctx.userId && input.ids.includes(ctx.session.id), ctx);
      return { revoked };
    }),

    revokeAll: admin.input(userInput).mutation(async ({ ctx, input: { userId } }) => {
      const revoked = await fromManager(manager.revokeAll(userId, { by: ctx.userId }), 'BAD_REQUEST');
      signOutIf(userId === ctx.userId, ctx);
      return { revoked };
    }),

    revokeIssuedBefore: admin.input(issuedBeforeInput).mutation(async ({ ctx, input }) => {
      const time = new Date(input.time);
      const revoked = await fromManager(manager.revokeIssuedBefore({ time }, { by: ctx.userId }), 'BAD_REQUEST');
      signOutIf(ctx.session.createdAt < time, ctx);
      return { revoked };
    }),
  };
}

function forbidden(): TRPCError {
  return new TRPCError({ code: 'FORBIDDEN', message: 'Only staff may do this.' });
}
