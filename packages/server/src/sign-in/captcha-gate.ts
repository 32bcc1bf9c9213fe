import { SessionError, type CallerInfo, type SignInGuard } from '@trpc-sessions/core';
import type { Captcha } from '../captcha/captcha.ts';
import { fromApp } from '../errors.ts';

/** Asks for captchas. */
export interface CaptchaGate {
  /** Answers whether a sign-in needs a solution, after these failures. */
  isNeeded(failures: { readonly account: number; readonly network: number }): boolean;
  /**
   * Verifies a solution, which counts once. `'unavailable'`: the provider did not answer, and the sign-in may go on without one.
   *
   * @throws {SessionError} `captcha_required`: it is not valid, or was used before
   */
  check(solution: string, caller: CallerInfo): Promise<'solved' | 'unavailable'>;
}

/** How long a solution is remembered, in milliseconds: longer than any provider accepts it. */
const memory = 20 * 60_000;

/** A network has several users. The limits of the throttle are as far apart. */
const timesForNetwork = 3;

/** @param after - the failures of an account before which no captcha is asked for */
export function createCaptchaGate(guard: SignInGuard, captcha: Captcha, after: number): CaptchaGate {
  return {
    isNeeded: ({ account, network }) => account >= after || network >= after * timesForNetwork,
    async check(solution, caller) {
      // A function in plain JavaScript may return anything.
      const answer: unknown = await fromApp(() => captcha(solution, { caller, form: 'login' }));
      if (answer === 'unavailable') return answer;
      if (answer !== true) throw new SessionError('captcha_required');
      const once = {
        id: guard.nameOf(`captcha ${captcha.nameOf?.(solution) ?? solution}`),
        free: 1,
        firstWait: memory,
        maxWait: memory,
        window: memory,
      };
      if ((await guard.take(once)).wait > 0) throw new SessionError('captcha_required');
      return 'solved';
    },
  };
}
