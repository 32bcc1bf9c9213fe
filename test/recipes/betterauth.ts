import type { SessionManager } from '@trpc-sessions/core';
import type { SessionsContext, SignIn, SignInResult } from '@trpc-sessions/server';
import { TRPCError } from '@trpc/server';
import { betterAuth, type BetterAuthOptions } from 'better-auth';

type Row = Readonly<Record<'id' | 'userId', string>> & { readonly pairedWith?: unknown };

export function createAuth(manager: SessionManager, signIn: SignIn, options: BetterAuthOptions) {
  const after = async ({ userId, pairedWith }: Row) => void (await manager.revoke({ userId, id: String(pairedWith) }));
  const session = { additionalFields: { pairedWith: { type: 'string', required: false, input: false } } } as const;
  const auth = betterAuth({ ...options, session, databaseHooks: { session: { delete: { after } } } });
  manager.on('revoked', async ({ userId, ids, exceptId }) => {
    const { adapter } = await auth.$context;
    const rows = await adapter.findMany<Row>({ model: 'session', where: [{ field: 'userId', value: userId }] });
    for (const { id, pairedWith } of rows) {
      const isRevoked = ids ? ids.includes(String(pairedWith)) : String(pairedWith) !== exceptId;
      if (isRevoked) await adapter.delete({ model: 'session', where: [{ field: 'id', value: id }] });
    }
  });
  async function start(ctx: SessionsContext, headers: Headers): Promise<SignInResult> {
    const found = await auth.api.getSession({ headers, query: { disableCookieCache: true } });
    if (!found || found.session.pairedWith) throw new TRPCError({ code: 'UNAUTHORIZED' });
    const signedIn = await signIn(ctx, { id: found.user.id });
    const where = [{ field: 'id', value: found.session.id }];
    const update = { pairedWith: signedIn.session.id };
    await (await auth.$context).adapter.update({ model: 'session', where, update });
    return signedIn;
  }
  return { auth, start };
}
