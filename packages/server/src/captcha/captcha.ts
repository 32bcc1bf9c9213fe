import type { CallerInfo } from '@trpc-sessions/core';

/** How a solution came. */
export interface CaptchaContext {
  readonly caller: CallerInfo;
  /** The form that the solution is for: a provider that binds solutions to a form gets its name, as an "action". */
  readonly form: 'login';
}

/**
 * The answer about a solution. `'unavailable'`: the provider did not answer, and sign-ins go on without a captcha. The limits of
 * `throttle` hold then.
 */
export type CaptchaAnswer = boolean | 'unavailable';

/**
 * Verifies the solution of a captcha. The plugin accepts each solution once.
 *
 * An error that it throws is a fault: the sign-in fails, and may be tried again.
 */
export interface Captcha {
  (solution: string, context: CaptchaContext): CaptchaAnswer | Promise<CaptchaAnswer>;
  /** Creates a challenge, for `sessions.challenge`. @defaultValue the page has it from the provider */
  readonly challenge?: ((form: CaptchaContext['form']) => Promise<unknown>) | undefined;
  /**
   * Names a valid solution, so that it counts once. Needed where a client can write the same solution in several ways.
   * @defaultValue the text of the solution
   */
  readonly nameOf?: ((solution: string) => string | undefined) | undefined;
}

/** A challenge of ALTCHA, for its widget. */
export interface CaptchaChallenge {
  readonly parameters: {
    readonly algorithm: string;
    readonly nonce: string;
    readonly salt: string;
    readonly cost: number;
    readonly keyLength: number;
    readonly keyPrefix: string;
    readonly expiresAt?: number;
  };
  readonly signature?: string;
}
