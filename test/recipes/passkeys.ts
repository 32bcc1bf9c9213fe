import { SessionError, type SessionManager } from '@trpc-sessions/core';
import type { OptionalProcedure, SignIn } from '@trpc-sessions/server';
import {
  generateAuthenticationOptions,
  verifyAuthenticationResponse,
  type AuthenticationResponseJSON,
  type WebAuthnCredential,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { OneTimeTexts } from './onetime.ts';

export interface PasskeyParts {
  readonly manager: Pick<SessionManager, 'signInMark'>;
  readonly optional: OptionalProcedure; // sessions.optional: it puts the reason of a SessionError on the wire
  readonly signIn: SignIn; // sessions.signIn
  readonly rpID: string;
  readonly origin: string;
  readonly challenges: OneTimeTexts;
  readonly findPasskey: (id: string) => Promise<(WebAuthnCredential & { userId: string }) | null>;
  readonly saveCounter: (id: string, counter: number) => Promise<unknown>;
}

export function createPasskeys(parts: PasskeyParts) {
  const { manager, optional, signIn, rpID, origin, challenges, findPasskey, saveCounter } = parts;
  return {
    options: optional.mutation(async () => {
      const options = await generateAuthenticationOptions({ rpID });
      await challenges.set(options.challenge, await manager.signInMark());
      return options;
    }),
    verify: optional
      .input(z.custom<AuthenticationResponseJSON>((input) => typeof Object(input).id === 'string'))
      .mutation(async ({ ctx, input }) => {
        const passkey = await findPasskey(input.id);
        if (passkey === null) throw new SessionError('invalid_credentials');
        let since: string | undefined;
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: input,
          credential: passkey,
          expectedChallenge: async (challenge) => (since = await challenges.take(challenge)) !== undefined,
          expectedOrigin: origin,
          expectedRPID: rpID,
        }).catch((cause: unknown) => {
          throw new SessionError('invalid_credentials', { cause });
        });
        if (!verified) throw new SessionError('invalid_credentials');
        await saveCounter(passkey.id, authenticationInfo.newCounter);
        return signIn(ctx, { id: passkey.userId }, { since });
      }),
  };
}
