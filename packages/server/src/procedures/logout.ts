import type { SessionManager } from '@trpc-sessions/core';
import { initTRPC, type TRPCMutationProcedure } from '@trpc/server';
import type { AuthenticatedProcedure } from '../authenticated/authenticated.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager, isEndOfSession } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import type { ContextPlace } from '../authenticated/context-place.ts';
import type { SessionsContext } from '../request/context.ts';
import type { SessionsProcedure } from './procedure.ts';
import type { RevokeResult } from './sessions.ts';

/** The parts that {@link createLogout} is made of. */
export interface LogoutParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  /** Without the account: a disabled user may sign out. */
  readonly withoutAccount: AuthenticatedProcedure;
  readonly callerOf: ContextPlace['callerOf'];
}

export function createLogout({
  manager,
  verifier,
  withoutAccount,
  callerOf,
}: LogoutParts): TRPCMutationProcedure<SessionsProcedure<void, RevokeResult>> {
  const t = initTRPC.context<SessionsContext>().create();
  return (
    t.procedure
      // A page cannot clear a cookie that it cannot read. So signing out clears it, even of a session that has long ended.
      .use(async ({ ctx, next }) => {
        const result = await next();
        if (!result.ok && isEndOfSession(result.error)) connectionOf(callerOf(ctx))?.cookie?.clear();
        return result;
      })
      .concat(withoutAccount)
      .mutation(async ({ ctx }): Promise<RevokeResult> => {
        const { userId, session } = ctx;
        await fromManager(manager.revoke({ userId, id: session.id }, { bySession: session.id }));
        verifier.invalidate(ctx.caller);
        connectionOf(ctx.caller)?.cookie?.clear();
        return { revoked: 1 };
      })
  );
}
