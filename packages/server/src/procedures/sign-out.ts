import { isSessionError, type SessionManager } from '@trpc-sessions/core';
import type { Verifier } from '../authenticated/verifier.ts';
import { fromManager } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import type { ContextOf, ContextPlace } from '../authenticated/context-place.ts';

/**
 * Signs the caller out: revokes the session of the request and clears its cookie, in a procedure or a route of the app's. A
 * caller without a live session is signed out already.
 *
 * @throws {TRPCError} the database failed: the session may still be live
 */
export type SignOut<TKey extends string | undefined = undefined> = (ctx: ContextOf<TKey>) => Promise<void>;

/** The parts that sign a caller out. */
export interface SignOutParts {
  readonly manager: SessionManager;
  readonly verifier: Verifier;
  readonly callerOf: ContextPlace['callerOf'];
}

export function createSignOut({ manager, verifier, callerOf }: SignOutParts): (ctx: object) => Promise<void> {
  async function revokeSessionOf(ctx: object): Promise<void> {
    const caller = callerOf(ctx);
    try {
      const { session } = await verifier.verify(caller);
      const { userId, id } = session;
      await manager.revoke({ userId, id }, { bySession: id });
      verifier.invalidate(caller);
    } catch (error) {
      if (!isSessionError(error)) throw error;
    }
  }

  return async (ctx) => {
    await fromManager(revokeSessionOf(ctx));
    connectionOf(callerOf(ctx))?.cookie?.clear();
  };
}
