import type { AccessTokenClaims, CallerInfo, Session, VerifiedSession } from '@trpc-sessions/core';
import { initTRPC, type TRPCError } from '@trpc/server';
import { isEndOfSession, sessionErrorOf, trpcErrorOf, withRefusal, type SessionErrorShape } from '../errors.ts';
import { guardResult, isStream, mayStream, type StreamGuard } from '../live/streams.ts';
import { connectionOf } from '../request/connection.ts';
import type { ContextOf, ContextPlace } from './context-place.ts';
import type { SessionsContext } from '../request/context.ts';
import type { RequireAccount } from './account.ts';
import type { BuilderOf } from './builders.ts';
import { createCallMark } from './call-mark.ts';
import type { ErrorHandler } from './error-handler.ts';
import type { Verifier } from './verifier.ts';

/** The properties of a caller who is signed in, in the context. */
export type Authenticated<TClaims = unknown, TAccount = undefined> = AuthenticatedSession<TClaims> &
  AuthenticatedAccount<TAccount>;

/** The part of {@link Authenticated} that is always there. */
export interface AuthenticatedSession<TClaims> {
  readonly session: Session;
  /** The claims of the verified token, as old as the token. */
  readonly claims: AccessTokenClaims & TClaims;
  readonly userId: string;
}

/** The `account` that the app's function of that name returned. Without that function, the context has none. */
export type AuthenticatedAccount<TAccount> = [TAccount] extends [undefined] ? object : { readonly account: TAccount };

/** The properties of a caller who may be signed in. */
export type MaybeAuthenticated<TClaims = unknown, TAccount = undefined> =
  | Authenticated<TClaims, TAccount>
  | { readonly [TName in keyof Authenticated<TClaims, TAccount>]: null };

/** The properties, where the plugin puts them. Under its key, the caller is among them. */
export type Added<TProperties, TKey extends string | undefined> = TKey extends string
  ? { readonly [TName in TKey]: SessionsContext & TProperties }
  : TProperties;

/**
 * A procedure builder to `.concat()`: it refuses callers without a valid token of a live session, and adds `ctx.session`,
 * `ctx.claims` and `ctx.userId`, and `ctx.account` with the option `account`. Concatenated twice, it verifies once.
 *
 * @see https://trpc.io/docs/server/middlewares#concat
 */
export type AuthenticatedProcedure<
  TClaims = unknown,
  TAccount = undefined,
  TKey extends string | undefined = undefined,
> = BuilderOf<Added<Authenticated<TClaims, TAccount>, TKey>, SessionErrorShape, ContextOf<TKey>>;

/** A procedure builder to `.concat()`: the same for callers who may be signed in. It refuses no caller for want of a session. */
export type OptionalProcedure<
  TClaims = unknown,
  TAccount = undefined,
  TKey extends string | undefined = undefined,
> = BuilderOf<Added<MaybeAuthenticated<TClaims, TAccount>, TKey>, SessionErrorShape, ContextOf<TKey>>;

/** The parts that verify the caller of a procedure. */
export interface AuthenticatedParts {
  readonly verifier: Verifier;
  readonly requireAccount: RequireAccount | undefined;
  readonly errorHandler: ErrorHandler;
  readonly place: ContextPlace;
}

/** A caller who is signed in. */
interface Found extends VerifiedSession {
  readonly account?: unknown;
}

const noSession = { session: null, claims: null, userId: null };

/** The procedures of an app. */
export interface AuthenticatedProcedures<TClaims, TAccount, TKey extends string | undefined> {
  readonly authenticated: AuthenticatedProcedure<TClaims, TAccount, TKey>;
  readonly optional: OptionalProcedure<TClaims, TAccount, TKey>;
}

export function createAuthenticated<
  TClaims = unknown,
  TAccount = undefined,
  TKey extends string | undefined = undefined,
>({
  verifier,
  requireAccount,
  errorHandler,
  place,
}: AuthenticatedParts): AuthenticatedProcedures<TClaims, TAccount, TKey> {
  const callMark = createCallMark();
  const { watches } = verifier;
  const withoutSession = requireAccount === undefined ? noSession : { ...noSession, account: null };

  const find: (caller: CallerInfo) => Promise<Found> =
    requireAccount === undefined
      ? (caller) => verifier.verify(caller)
      : async (caller) => {
          const verified = await verifier.verify(caller);
          return { ...verified, account: await requireAccount(verified) };
        };

  async function findOrNull(caller: CallerInfo): Promise<Found | null> {
    // Without a token there is nothing to verify, and no refusal to report.
    if (!caller.token) return null;
    try {
      return await find(caller);
    } catch (error) {
      if (isEndOfSession(error)) return null;
      throw error;
    }
  }

  function refusalFor(caller: CallerInfo, error: unknown): TRPCError {
    const refused = sessionErrorOf(error);
    if (refused !== undefined) connectionOf(caller)?.challenge(refused.reason);
    return trpcErrorOf(error);
  }

  const t = initTRPC.context<object>().create();
  // One middleware: to a call, each costs more than the verification of a cached session.
  const procedureOf = (findCaller: (caller: CallerInfo) => Promise<Found | null>) =>
    t.procedure.use(async ({ ctx, type, path, input, signal, getRawInput, next }) => {
      const caller = place.callerOf(ctx);
      if (callMark.isSet(getRawInput, place.sessionIn(ctx))) return next();
      const since = watches.moment();
      let found: Found | null;
      try {
        found = await findCaller(caller);
      } catch (error) {
        throw await errorHandler.format({ ctx, type, path, input }, refusalFor(caller, error));
      }
      const added = place.add(caller, found === null ? withoutSession : { ...found, userId: found.session.userId });
      // A context and `getRawInput` at once: tRPC's types take one of them. A caller without a session leaves no mark.
      const forNextSteps =
        found === null ? { ctx: added } : { ctx: added, getRawInput: callMark.create(getRawInput, found.session) };
      const result = withRefusal(await next(forNextSteps));
      if (!result.ok) return { ...result, error: await errorHandler.format({ ctx, type, path, input }, result.error) };
      if (!mayStream(result.data)) return result;
      const watch: StreamGuard['watch'] =
        found === null ? () => () => {} : (onEnd) => watches.watch({ ...found, caller, since, onEnd });
      const data = guardResult(result.data, type, { signal, watch });
      if (!isStream(data, type)) return { ...result, data };
      return { ...result, data: await errorHandler.formatStream({ ctx, type, path, input }, data) };
    });
  // oxlint-disable typescript/no-unsafe-type-assertion -- the claims and the account are typed by the app that gives them
  return {
    authenticated: procedureOf(find) as unknown as AuthenticatedProcedure<TClaims, TAccount, TKey>,
    optional: procedureOf(findOrNull) as unknown as OptionalProcedure<TClaims, TAccount, TKey>,
  };
  // oxlint-enable typescript/no-unsafe-type-assertion
}
