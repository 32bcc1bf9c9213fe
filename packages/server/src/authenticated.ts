import type { AccessTokenClaims, CallerInfo, Session, SessionManager, VerifiedSession } from '@trpc-sessions/core';
import { initTRPC, TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server';
import { connectionOf, type SessionsContext } from './context.ts';
import { formatSessionError, fromManager, withRefusal, type SessionErrorShape } from './errors.ts';
import { createSockets } from './sockets.ts';

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
}

export function createVerifier(manager: SessionManager): Verifier {
  const batches = new WeakMap<CallerInfo, Promise<VerifiedSession>>();
  const sockets = createSockets(manager);
  return {
    verify(caller) {
      const known = batches.get(caller);
      if (known !== undefined) return known;
      const verified = manager.verify(caller.token, caller);
      const connection = connectionOf(caller);
      if (connection?.isBatch === true) batches.set(caller, verified);
      return connection?.socket === undefined ? verified : sockets.watch(connection.socket, verified);
    },
    forget: (caller) => void batches.delete(caller),
  };
}

/** Marks, in a call's context, the call that has been verified: not a later one that was handed the same context. */
const verifiedCall = Symbol('trpc-sessions.verifiedCall');

export function createAuthenticated<TClaims>(verifier: Verifier): AuthenticatedProcedure<TClaims> {
  const t = initTRPC.context<SessionsContext>().create();
  const procedure = t.procedure.errors(formatSessionError).use(async ({ ctx, getRawInput, next }) => {
    if (verifiedCall in ctx && ctx[verifiedCall] === getRawInput) return next();
    const { session, claims } = await fromManager(verifier.verify(requireCaller(ctx)));
    const result = await next({ ctx: { session, claims, userId: session.userId, [verifiedCall]: getRawInput } });
    return withRefusal(result);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the claims' own type is the app's word for what it signs
  return procedure as unknown as AuthenticatedProcedure<TClaims>;
}

/** tRPC does not check a nested router's context, so its absence can only be told here. */
export function requireCaller(ctx: Partial<SessionsContext>): CallerInfo {
  if (ctx.caller !== undefined) return ctx.caller;
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The context has no caller: return { ...sessionsContext(opts) } of @trpc-sessions/server from createContext, or write ctx.caller by hand.',
  });
}
