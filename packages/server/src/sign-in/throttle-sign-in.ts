import type { ContextOf, ContextPlace } from '../authenticated/context-place.ts';
import { fromManager } from '../errors.ts';
import type { SignInAttempt } from './attempt.ts';
import type { Proofs, Throttle } from './throttle.ts';

/**
 * Counts an attempt to sign in, in a procedure or a route of the app's own. Call it before the secret is checked, and then one
 * method of the attempt. An attempt that is left open counts as a wrong guess.
 *
 * @param proofs - sent by the client for it: `{ deviceMark, captcha }`
 * @param account - the name of the account: it shares its attempts with `login`. `undefined` counts only the network
 * @throws {TRPCError} the attempt was refused, with the `SessionError` as its `cause`: `too_many_attempts`, with `retryAfter`;
 *   or `captcha_required`
 *
 * @example
 * ```ts
 * import { SessionError } from '@trpc-sessions/core';
 *
 * async function signInWithCode(ctx: SessionsContext, email: string, code: string) {
 *   const attempt = await sessions.throttle(ctx, email);
 *   const user = await findUser(email, code);
 *   if (user === null) {
 *     attempt.failed();
 *     throw new SessionError('invalid_credentials');
 *   }
 *   await attempt.succeeded();
 *   return sessions.signIn(ctx, user);
 * }
 * ```
 */
export type ThrottleSignIn<TKey extends string | undefined = undefined> = (
  ctx: ContextOf<TKey>,
  account: string | undefined,
  proofs?: Proofs,
) => Promise<SignInAttempt>;

export function createThrottleSignIn(
  callerOf: ContextPlace['callerOf'],
  throttle: Pick<Throttle<never>, 'begin'>,
): (ctx: object, account: string | undefined, proofs?: Proofs) => Promise<SignInAttempt> {
  return async (ctx, account, proofs) => {
    const attempt = await fromManager(throttle.begin(callerOf(ctx), account, proofs));
    // The app may leave its attempt open: nothing waits for it.
    attempt.close();
    return attempt;
  };
}
