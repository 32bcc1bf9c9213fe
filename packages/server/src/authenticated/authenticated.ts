import {
  isSessionError,
  type AccessTokenClaims,
  type CallerInfo,
  type Session,
  type SessionManager,
  type VerifiedSession,
} from '@trpc-sessions/core';
import { initTRPC, TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server';
import { connectionOf, type SessionsContext } from '../request/context.ts';
import { formatSessionError, trpcErrorOf, withRefusal, type SessionErrorShape } from '../errors.ts';
import { createSockets } from '../live/sockets.ts';
import { guardStream, isStream } from '../live/streams.ts';
import { createWatches, type Watches } from '../live/session-watch.ts';

/** What {@link AuthenticatedProcedure} adds to the context. */
export interface Authenticated<TClaims = unknown> {
  readonly session: Session;
  /** The token's claims: verified, and as old as the token. */
  readonly claims: AccessTokenClaims & TClaims;
  readonly userId: string;
}

/**
 * A procedure builder to `.concat()`: it lets in only callers whose token holds and whose session has not been ended,
 * and adds `ctx.session`, `ctx.claims` and `ctx.userId`. Concatenated twice, it runs once.
 *
 * @see https://trpc.io/docs/server/middlewares#concat
 */
export type AuthenticatedProcedure<TClaims = unknown> = TRPCProcedureBuilder<
  SessionsContext,
  object,
  Authenticated<TClaims>,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  SessionErrorShape
>;

/** Verifies callers: each call anew, the calls of one HTTP batch together. */
export interface Verifier {
  verify(caller: CallerInfo): Promise<VerifiedSession>;
  /** Forgets what a batch has verified, because one of its calls has just ended a session. */
  forget(caller: CallerInfo): void;
  readonly watches: Watches;
}

export function createVerifier(manager: SessionManager): Verifier {
  const batches = new WeakMap<CallerInfo, Promise<VerifiedSession>>();
  const watches = createWatches(manager);
  const sockets = createSockets(watches);
  return {
    verify(caller) {
      const connection = connectionOf(caller);
      if (connection === undefined) return manager.verify(caller.token, caller);
      const { isBatch, socket } = connection;
      if (socket !== undefined) return sockets.verify(socket, caller, () => manager.verify(caller.token, caller));
      if (!isBatch) return manager.verify(caller.token, caller);
      let verified = batches.get(caller);
      if (verified === undefined) batches.set(caller, (verified = manager.verify(caller.token, caller)));
      return verified;
    },
    forget: (caller) => void batches.delete(caller),
    watches,
  };
}

export function createAuthenticated<TClaims>(verifier: Verifier): AuthenticatedProcedure<TClaims> {
  // Marks, in a call's context, the call that has been verified: not a later one that was handed the same context, and
  // not by another plugin, whose sessions are others.
  const verifiedCall = Symbol('trpc-sessions.verifiedCall');
  const { watches } = verifier;

  async function admit(caller: CallerInfo): Promise<VerifiedSession> {
    try {
      return await verifier.verify(caller);
    } catch (error) {
      if (isSessionError(error)) connectionOf(caller)?.challenge(error.reason);
      throw trpcErrorOf(error);
    }
  }

  const t = initTRPC.context<SessionsContext>().create();
  const procedure = t.procedure.errors(formatSessionError).use(async ({ ctx, type, getRawInput, next }) => {
    const caller = requireCaller(ctx);
    if (verifiedCall in ctx && ctx[verifiedCall] === getRawInput) return next();
    const since = watches.moment();
    const { session, claims } = await admit(caller);
    const result = withRefusal(
      await next({ ctx: { session, claims, userId: session.userId, [verifiedCall]: getRawInput } }),
    );
    if (!result.ok || !isStream(result.data, type)) return result;
    return {
      ...result,
      data: guardStream(result.data, (onEnd) => watches.watch({ session, caller, since, onEnd })),
    };
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the claims' own type is the app's word for what it signs
  return procedure as unknown as AuthenticatedProcedure<TClaims>;
}

/** tRPC does not check a nested router's context, so its absence can only be told here. */
export function requireCaller(ctx: Partial<SessionsContext> | undefined): CallerInfo {
  // Not only `undefined`: who writes it by hand, as in a test, may write `null`.
  if (typeof ctx?.caller === 'object' && ctx.caller !== null) return ctx.caller;
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The context has no caller: return { ...sessionsContext(opts) } of @trpc-sessions/server from createContext, or write ctx.caller by hand.',
  });
}
