import { appClaimsOf, type SessionManager } from '@trpc-sessions/core';
import { TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from '@trpc/server';
import type { AuthenticatedProcedure } from '../authenticated/authenticated.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import { createCookieRenewal } from '../request/cookie-renewal.ts';
import { idInput, pageInput, renameInput, revokeInput, withInputError } from './inputs.ts';
import type { CaptchaChallenge } from '../captcha/captcha.ts';
import type { SessionsProcedure } from './procedure.ts';
import { maxListed } from '../live/session-list.ts';
import { createWatch, type WatchParts, type WatchProcedure } from './watch.ts';
import { sessionInfoOf, type SessionInfo } from './session-info.ts';

/** The input of `sessions.page`, as TanStack Query's `useInfiniteQuery` sends it. */
export interface PageInput {
  /** The most sessions to return, up to 100. @defaultValue 20 */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. @defaultValue the first page */
  readonly cursor?: string | null | undefined;
}

/** The input of `sessions.revoke`. */
export type RevokeInput = { readonly id: string } | { readonly ids: readonly string[] };

/** The input of `sessions.rename`. */
export interface RenameInput {
  readonly id: string;
  /** The new name. It is cleaned, and cut after 64 characters. An empty text or `null` removes it. */
  readonly name: string | null;
}

/** How many sessions were ended. */
export interface RevokeResult {
  readonly revoked: number;
}

/** The output of `sessions.page`. */
export interface SessionInfoPage {
  readonly sessions: SessionInfo[];
  /** The `cursor` of the next page; `null` on the last. */
  readonly nextCursor: string | null;
}

/** The caller's own session, with its user and the app's own claims. */
export interface CurrentSessionInfo<TClaims = unknown> extends SessionInfo {
  readonly userId: string;
  readonly claims: TClaims;
}

/** The procedures of `sessions`. */
export interface SessionProcedures<TClaims = unknown> {
  /** The 100 sessions that were seen last; the session that asks is always among them. */
  list: TRPCQueryProcedure<SessionsProcedure<void, SessionInfo[]>>;
  /** A page of the sessions, the newest sign-in first. The pages miss no session that is live throughout. */
  page: TRPCQueryProcedure<SessionsProcedure<PageInput | void, SessionInfoPage>>;
  get: TRPCQueryProcedure<SessionsProcedure<{ id: string }, SessionInfo>>;
  current: TRPCQueryProcedure<SessionsProcedure<void, CurrentSessionInfo<TClaims>>>;
  /** Names a session of the caller's own, and returns it. */
  rename: TRPCMutationProcedure<SessionsProcedure<RenameInput, SessionInfo>>;
  revoke: TRPCMutationProcedure<SessionsProcedure<RevokeInput, RevokeResult>>;
  revokeOthers: TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>>;
  /** Creates a challenge. Only a plugin whose option `captcha` is `altcha(…)` has this procedure. */
  challenge: TRPCMutationProcedure<SessionsProcedure<void, CaptchaChallenge>>;
  /** The whole list at first, and then each change of it, by any process. It does not count as use of the session. */
  watch: WatchProcedure;
}

/** The parts that {@link createSessions} is made of. */
export interface SessionsParts extends WatchParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly authenticated: AuthenticatedProcedure;
}

export const defaultLimit = 20;

export function createSessions<TClaims>({
  manager,
  verifier,
  authenticated,
  locator,
  unseen,
  lists,
}: SessionsParts): Omit<SessionProcedures<TClaims>, 'challenge'> {
  const renewCookie = createCookieRenewal();
  const withInput = authenticated.use(async ({ next }) => withInputError(await next()));

  return {
    watch: createWatch({ unseen, lists, locator }),

    list: authenticated.query(async ({ ctx }) => {
      const sessions = await fromManager(manager.list(ctx.userId, { max: maxListed, data: false }));
      const isAmong = sessions.some(({ id }) => id === ctx.session.id);
      // The session that asks is always listed. Where others were seen later, it takes the place of the last.
      const listed = isAmong || sessions.length < maxListed ? sessions : [...sessions.slice(0, -1), ctx.session];
      return Promise.all(listed.map((session) => sessionInfoOf(session, ctx.session.id, locator)));
    }),

    page: withInput.input(pageInput).query(async ({ ctx, input: { limit = defaultLimit, cursor = null } = {} }) => {
      const page = await fromManager(manager.list(ctx.userId, { limit, cursor, data: false }), 'BAD_REQUEST');
      const sessions = page.sessions.map((session) => sessionInfoOf(session, ctx.session.id, locator));
      return { sessions: await Promise.all(sessions), nextCursor: page.nextCursor };
    }),

    get: withInput.input(idInput).query(async ({ ctx, input }) => {
      const session = await fromManager(manager.get({ userId: ctx.userId, id: input.id, data: false }));
      if (session === null) throw notFound();
      return sessionInfoOf(session, ctx.session.id, locator);
    }),

    current: authenticated.query(async ({ ctx }) => {
      renewCookie(ctx);
      const info = await sessionInfoOf(ctx.session, ctx.session.id, locator);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the claims are typed by the app that signs them
      return { ...info, userId: ctx.userId, claims: appClaimsOf(ctx.claims) as TClaims };
    }),

    rename: withInput.input(renameInput).mutation(async ({ ctx, input: { id, name } }) => {
      const session = await fromManager(manager.update({ userId: ctx.userId, id, name }));
      if (session === null) throw notFound();
      // The other calls of the batch may show its name.
      verifier.invalidate(ctx.caller);
      return sessionInfoOf(session, ctx.session.id, locator);
    }),

    revoke: withInput.input(revokeInput).mutation(async ({ ctx, input }) => {
      const ids = 'id' in input ? [input.id] : input.ids;
      const revoked = await fromManager(manager.revokeMany({ userId: ctx.userId, ids }, { bySession: ctx.session.id }));
      if (ids.includes(ctx.session.id)) {
        verifier.invalidate(ctx.caller);
        connectionOf(ctx.caller)?.cookie?.clear();
      }
      // Someone else's session and an unknown one look the same.
      if (revoked === 0 && 'id' in input) throw notFound();
      return { revoked };
    }),

    revokeOthers: authenticated.mutation(async ({ ctx }) => {
      const { userId, session } = ctx;
      return { revoked: await fromManager(manager.revokeOthers({ userId, currentId: session.id })) };
    }),
  };
}

function notFound(): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: 'You have no such session.' });
}
