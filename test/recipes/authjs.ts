import { Auth, type AuthConfig } from '@auth/core';
import type { SessionManager } from '@trpc-sessions/core';
import { sessionsContext, type SignIn, type SignOut } from '@trpc-sessions/server';

type Plugin = { readonly signIn: SignIn; readonly signOut: SignOut };
type Jwt = NonNullable<NonNullable<AuthConfig['callbacks']>['jwt']>;
type FindUser = (signedIn: Pick<Parameters<Jwt>[0], 'user' | 'account' | 'profile'>) => Promise<string>;

export function createAuth(manager: SessionManager, plugin: Plugin, config: AuthConfig, findUser: FindUser) {
  return async (req: Request): Promise<Response> => {
    const resHeaders = new Headers();
    const ctx = sessionsContext({ req, resHeaders }, { cookie: true });
    const jwt: Jwt = async ({ token, trigger, ...signedIn }) => {
      if (trigger === 'signIn' || trigger === 'signUp') {
        const { session, userId } = await plugin.signIn(ctx, { id: await findUser(signedIn) });
        return { ...token, pairedWith: { userId, id: session.id } };
      }
      const pairedWith = token['pairedWith'] as { userId: string; id: string } | undefined;
      // A database that is down signs no user out.
      return pairedWith && (await manager.get(pairedWith).catch(() => true)) ? token : null;
    };
    const callbacks = { ...config.callbacks, jwt };
    const events = { ...config.events, signOut: () => plugin.signOut(ctx) };
    const res = await Auth(req, { ...config, session: { strategy: 'jwt' }, callbacks, events });
    for (const cookie of resHeaders.getSetCookie()) res.headers.append('set-cookie', cookie);
    return res;
  };
}
