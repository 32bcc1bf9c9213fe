import type { SessionManager } from '@trpc-sessions/core';
import type { AuthenticatedProcedure } from '@trpc-sessions/server';
import { TRPCError } from '@trpc/server';
import { z } from 'zod';

export interface Claims {
  readonly isStaff?: boolean | undefined;
  /** The member of staff who acts as the user. */
  readonly actor?: string | undefined;
}

export interface SupportParts {
  readonly manager: Pick<SessionManager, 'issue'>;
  readonly authenticated: AuthenticatedProcedure<Claims>; // sessions.authenticated
  readonly findUser: (id: string) => Promise<{ id: string; isStaff: boolean } | null>;
}

export function createSupport({ manager, authenticated, findUser }: SupportParts) {
  return {
    actAs: authenticated.input(z.object({ userId: z.string() })).mutation(async ({ ctx, input }) => {
      const user = await findUser(input.userId);
      // As another member of staff, the caller could do more than alone.
      if (ctx.claims.isStaff !== true || user === null || user.isStaff) throw new TRPCError({ code: 'FORBIDDEN' });
      const { token } = await manager.issue({
        userId: user.id,
        claims: { actor: ctx.userId },
        data: { actor: ctx.userId },
        device: { name: 'Our support' },
        lifetime: '1h',
        caller: ctx.caller,
      });
      return { token };
    }),
  };
}

/** For what only the user may do, such as a new password. */
export function refuseSupport(authenticated: AuthenticatedProcedure<Claims>) {
  return authenticated.use(({ ctx, next }) => {
    if (ctx.claims.actor !== undefined)
      throw new TRPCError({ code: 'FORBIDDEN', message: 'Only the user may do this.' });
    return next();
  });
}
