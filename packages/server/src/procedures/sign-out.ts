import { isSessionError, type SessionManager } from '@trpc-sessions/core';
import { requireCaller } from '../authenticated/authenticated.ts';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import type { SessionsContext } from '../request/context.ts';

/**
 * Signs the caller out: revokes the session of the request and clears its cookie, in a procedure or a route of the app's. A
 * caller without a live session is signed out already.
 *
 * @throws {TRPCError} the database failed: the session may still be live
 */
export type SignOut = (ctx: SessionsContext) => Promise<void>;

export function createSignOut(manager: SessionManager, verifier: Verifier): SignOut {
  async function revokeSessionOf(ctx: SessionsContext): Promise<void> {
    const caller = requireCaller(ctx);
    try {
      const { session } = await verifier.verify(caller);
      await manager.revoke({ userId: session.userId, id: session.id });
      verifier.invalidate(caller);
    } catch (error) {
      if (!isSessionError(error)) throw error;
    }
  }

  return async (ctx) => {
    await fromManager(revokeSessionOf(ctx));
    connectionOf(requireCaller(ctx))?.cookie?.clear();
  };
}
