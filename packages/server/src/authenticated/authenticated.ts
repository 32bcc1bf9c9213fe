import {
  isSessionError,
  type AccessTokenClaims,
  type CallerInfo,
  type Session,
  type VerifiedSession,
} from '@trpc-sessions/core';
import { initTRPC, TRPCError } from '@trpc/server';
import { trpcErrorOf, withRefusal, type SessionErrorFormatter, type SessionErrorShape } from '../errors.ts';
import { guardResult, isStream, mayStream, type StreamGuard } from '../live/streams.ts';
import { connectionOf } from '../request/connection.ts';
import type { SessionsContext } from '../request/context.ts';
import type { BuilderOf } from './builders.ts';
import { createCallMark } from './call-mark.ts';
import { createErrorHandler } from './error-handler.ts';
import type { Verifier } from './verifier.ts';

/** The properties that {@link AuthenticatedProcedure} adds to the context. */
export interface Authenticated<TClaims = unknown> {
  readonly session: Session;
  /** The claims of the verified token, as old as the token. */
  readonly claims: AccessTokenClaims & TClaims;
  readonly userId: string;
}

/**
 * A procedure builder to `.concat()`: it refuses callers without a valid token of a live session, and adds `ctx.session`,
 * `ctx.claims` and `ctx.userId`. Concatenated twice, it verifies once.
 *
 * @see https://trpc.io/docs/server/middlewares#concat
 */
export type AuthenticatedProcedure<TClaims = unknown> = BuilderOf<Authenticated<TClaims>, SessionErrorShape>;

export function createAuthenticated<TClaims>(
  verifier: Verifier,
  formatError: SessionErrorFormatter,
): AuthenticatedProcedure<TClaims> {
  const callMark = createCallMark();
  const errorHandler = createErrorHandler(formatError);
  const { watches } = verifier;

  function refusalFor(caller: CallerInfo, error: unknown): TRPCError {
    if (isSessionError(error)) connectionOf(caller)?.challenge(error.reason);
    return trpcErrorOf(error);
  }

  const t = initTRPC.context<SessionsContext>().create();
  // One middleware: to a call, each costs more than the verification of a cached session.
  const procedure = t.procedure.use(async ({ ctx, type, path, input, signal, getRawInput, next }) => {
    const caller = requireCaller(ctx);
    if (callMark.isSet({ ctx, getRawInput })) return next();
    const since = watches.moment();
    let verified: VerifiedSession;
    try {
      verified = await verifier.verify(caller);
    } catch (error) {
      throw await errorHandler.format({ ctx, type, path, input }, refusalFor(caller, error));
    }
    const { session, claims } = verified;
    const mark = callMark.create(getRawInput);
    // A context and `getRawInput` at once: tRPC's types take one of them.
    const forNextSteps = { ctx: { session, claims, userId: session.userId, [callMark.key]: mark }, getRawInput: mark };
    const result = withRefusal(await next(forNextSteps));
    if (!result.ok) return { ...result, error: await errorHandler.format({ ctx, type, path, input }, result.error) };
    if (!mayStream(result.data)) return result;
    const guard: StreamGuard = { signal, watch: (onEnd) => watches.watch({ session, caller, since, onEnd }) };
    const data = guardResult(result.data, type, guard);
    if (!isStream(data, type)) return { ...result, data };
    return { ...result, data: await errorHandler.formatStream({ ctx, type, path, input }, data) };
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the claims are typed by the app that signs them
  return procedure as unknown as AuthenticatedProcedure<TClaims>;
}

/** tRPC does not check a nested router's context, so a missing caller shows only here. */
export function requireCaller(ctx: Partial<SessionsContext> | undefined): CallerInfo {
  // Not only `undefined`: a context written by hand, as in a test, may hold `null`.
  if (typeof ctx?.caller === 'object' && ctx.caller !== null) return ctx.caller;
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The context has no caller: return { ...sessionsContext(opts) } of @trpc-sessions/server from createContext, or write ctx.caller by hand.',
  });
}
