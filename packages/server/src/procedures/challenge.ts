import { initTRPC, type TRPCMutationProcedure } from '@trpc/server';
import type { Captcha, CaptchaChallenge } from '../captcha/captcha.ts';
import { fromApp, type SessionErrorFormatter } from '../errors.ts';
import type { SessionsContext } from '../request/context.ts';
import { withErrors } from '../trpc/procedure-errors.ts';
import type { SessionsProcedure } from './procedure.ts';

/** A mutation, so that nothing caches it: each challenge is for one sign-in. */
export function createChallengeProcedure(
  challenge: NonNullable<Captcha['challenge']>,
  formatError: SessionErrorFormatter,
): TRPCMutationProcedure<SessionsProcedure<void, CaptchaChallenge>> {
  const t = initTRPC.context<SessionsContext>().create();
  const procedure = withErrors(t.procedure, formatError).mutation(() => fromApp(() => challenge('login')));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a captcha of the app's own may make others
  return procedure as unknown as TRPCMutationProcedure<SessionsProcedure<void, CaptchaChallenge>>;
}
