import { createHash, randomBytes } from 'node:crypto';
import { SessionError, type SessionManager } from '@trpc-sessions/core';
import type { OptionalProcedure, SignIn } from '@trpc-sessions/server';
import { z } from 'zod';
import type { OneTimeTexts } from './onetime.ts';

export interface MailParts {
  readonly manager: Pick<SessionManager, 'signInMark'>;
  readonly optional: OptionalProcedure; // sessions.optional
  readonly signIn: SignIn; // sessions.signIn
  readonly links: OneTimeTexts;
  readonly findUserByEmail: (email: string) => Promise<{ id: string } | null>;
  readonly sendLink: (email: string, secret: string) => Promise<unknown>;
}

/** So that a copy of the table opens no session. */
const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export function createMail({ manager, optional, signIn, links, findUserByEmail, sendLink }: MailParts) {
  return {
    request: optional.input(z.object({ email: z.email() })).mutation(async ({ input: { email } }) => {
      const user = await findUserByEmail(email);
      if (user === null) return; // the same answer as for a user
      const secret = randomBytes(32).toString('base64url');
      await links.set(hash(secret), JSON.stringify({ id: user.id, since: await manager.signInMark() }));
      await sendLink(email, secret);
    }),
    verify: optional.input(z.object({ secret: z.string() })).mutation(async ({ ctx, input: { secret } }) => {
      const link = await links.take(hash(secret));
      if (link === undefined) throw new SessionError('invalid_credentials');
      const { id, since }: { id: string; since: string } = JSON.parse(link);
      return signIn(ctx, { id }, { since });
    }),
  };
}
