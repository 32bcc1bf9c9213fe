import { SessionError, type SessionManager } from '@trpc-sessions/core';
import type { SessionsContext, SignIn, SignInResult, SignInUser } from '@trpc-sessions/server';
import { generateState, type GitHub } from 'arctic';
import type { OneTimeTexts } from './onetime.ts';

export interface OAuthParts {
  readonly manager: Pick<SessionManager, 'signInMark'>;
  readonly signIn: SignIn; // sessions.signIn
  readonly github: GitHub;
  readonly pending: OneTimeTexts;
  readonly findOrCreateUser: (accessToken: string) => Promise<SignInUser<unknown>>;
}

export interface Callback {
  readonly code: string;
  readonly state: string;
  /** The state that this browser began with: another visitor's link must not sign it in. */
  readonly ownState: string | undefined;
}

export interface OAuth {
  begin(): Promise<{ readonly state: string; readonly url: URL }>;
  finish(ctx: SessionsContext, callback: Callback): Promise<SignInResult>;
}

export function createOAuth({ manager, signIn, github, pending, findOrCreateUser }: OAuthParts): OAuth {
  return {
    async begin() {
      const state = generateState();
      await pending.set(state, await manager.signInMark());
      return { state, url: github.createAuthorizationURL(state, ['user:email']) };
    },
    async finish(ctx, { code, state, ownState }) {
      const since = state === ownState ? await pending.take(state) : undefined;
      if (since === undefined) throw new SessionError('invalid_credentials');
      const tokens = await github.validateAuthorizationCode(code);
      return signIn(ctx, await findOrCreateUser(tokens.accessToken()), { since });
    },
  };
}
