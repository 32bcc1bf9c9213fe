import type { CallerInfo } from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import type { SessionsContext } from '../request/context.ts';

/** Where a plugin finds its caller in an app's context: at its top, or under a key that the plugin has for itself. */
export type ContextOf<TKey extends string | undefined> = TKey extends string
  ? SessionsContext | { readonly [TName in TKey]: SessionsContext }
  : SessionsContext;

/** Reads and extends an app's context. */
export interface ContextPlace {
  /** @throws {TRPCError} the context has no caller */
  readonly callerOf: (ctx: object | null | undefined) => CallerInfo;
  /** The properties that are added to the context. Under a key, the caller is among them. */
  readonly add: (caller: CallerInfo, added: object) => object;
  /** The session that was added to a context, or whatever an app put in its place. */
  readonly sessionIn: (ctx: object) => unknown;
}

/** @param key - the option `contextKey` */
export function createContextPlace(key: string | undefined): ContextPlace {
  if (key === undefined) return { callerOf: requireCaller, add: (_, added) => added, sessionIn };
  return {
    callerOf(ctx) {
      const own: unknown = Reflect.get(Object(ctx), key);
      return callerIn(own) ?? requireCaller(ctx);
    },
    add: (caller, added) => ({ [key]: { caller, ...added } }),
    sessionIn: (ctx) => sessionIn(Object(Reflect.get(ctx, key))),
  };
}

/** For the procedures of our own router: they find the same caller, and the rest at the top of their context. */
export function ownPlaceOf({ callerOf }: ContextPlace): ContextPlace {
  return { callerOf, add: (caller, added) => ({ caller, ...added }), sessionIn };
}

function sessionIn(ctx: object): unknown {
  return Reflect.get(ctx, 'session');
}

/** tRPC does not check a nested router's context, so a missing caller shows only here. */
function requireCaller(ctx: unknown): CallerInfo {
  const caller = callerIn(ctx);
  if (caller !== undefined) return caller;
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The context has no caller: return { ...sessionsContext(opts) } of @trpc-sessions/server from createContext, or write ctx.caller by hand.',
  });
}

function callerIn(ctx: unknown): CallerInfo | undefined {
  // A context written by hand, as in a test, may hold `null`.
  const caller: unknown = typeof ctx === 'object' && ctx !== null ? Reflect.get(ctx, 'caller') : undefined;
  return typeof caller === 'object' && caller !== null ? complete(caller) : undefined;
}

/** A caller that was written by hand may have parts of a caller alone. */
function complete(caller: Partial<CallerInfo>): CallerInfo {
  const { token, ip, userAgent, clientHints } = caller;
  return isComplete(caller)
    ? caller
    : {
        ...caller,
        token: token ?? null,
        ip: ip ?? null,
        userAgent: userAgent ?? null,
        clientHints: clientHints ?? null,
      };
}

function isComplete(caller: Partial<CallerInfo>): caller is CallerInfo {
  const { token, ip, userAgent, clientHints } = caller;
  return token !== undefined && ip !== undefined && userAgent !== undefined && clientHints !== undefined;
}
