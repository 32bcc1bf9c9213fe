import { parseTimeout, type Duration } from '@trpc-sessions/core';
import { TRPCError } from '@trpc/server';
import { requireKnownOptions } from '../known-options.ts';
import type { Captcha, CaptchaAnswer, CaptchaContext } from './captcha.ts';

/** Options of {@link turnstile}. */
export interface TurnstileOptions {
  /** The secret key of the widget. */
  readonly secret: string;
  /**
   * While Cloudflare does not answer: `'closed'` refuses sign-ins that need a captcha, with a 503. `'open'` lets them go on without
   * one, under the limits of `throttle`. @defaultValue `'closed'`
   */
  readonly fail?: 'open' | 'closed' | undefined;
  /** The host names of the pages that show the widget. @defaultValue any that the widget is for */
  readonly hostnames?: readonly string[] | undefined;
  /** How long a sign-in waits for Cloudflare. @defaultValue `'5s'` */
  readonly timeout?: Duration | undefined;
  /** The address that verifies solutions. @defaultValue Cloudflare's */
  readonly url?: string | undefined;
}

const siteverify = 'https://challenges.cloudflare.com/turnstile/v0/siteverify';
/**
 * Cloudflare's own limit, and characters that no service takes for a malformed request: its answer to that is the same as to a
 * mistake of the app's, which `fail: 'open'` excuses.
 */
const shape = /^[\x21-\x7E]{1,2048}$/;
/** Of one process: a flood of sign-ins must not become a flood of requests. */
const maxInFlight = 100;

/** Errors that say nothing about the solution: the app's own mistakes, and Cloudflare's. */
const ofServer = new Set(['missing-input-secret', 'invalid-input-secret', 'bad-request', 'internal-error']);

/**
 * A captcha of Cloudflare Turnstile. Set the widget's `action` to `login`, and send its token as `captcha`.
 *
 * @see https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
 * @throws {TypeError} an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { turnstile } from '@trpc-sessions/server/turnstile';
 *
 * const sessions = createSessionsPlugin({
 *   manager,
 *   authenticate: ({ username, password }) => findUser(username, password),
 *   captcha: turnstile({ secret: process.env.TURNSTILE_SECRET!, fail: 'open' }),
 * });
 * ```
 */
export function turnstile(options: TurnstileOptions): Captcha {
  requireKnownOptions('turnstile: ', options, { secret: true, fail: true, hostnames: true, timeout: true, url: true });
  const { secret, fail = 'closed', hostnames, timeout = '5s', url = siteverify } = options;
  if (typeof secret !== 'string' || secret === '') throw new TypeError('turnstile: secret: expected a text');
  if (!['open', 'closed'].includes(fail)) throw new TypeError("turnstile: fail: expected 'open' or 'closed'");
  if (!URL.canParse(url)) throw new TypeError('turnstile: url: expected a URL');
  const milliseconds = parseTimeout('timeout', timeout);
  let inFlight = 0;

  async function ask(solution: string, ip: string | null): Promise<Answer> {
    if (inFlight >= maxInFlight) throw new Error('turnstile: too many solutions are being verified');
    inFlight += 1;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret, response: solution, ...(ip !== null && { remoteip: ip }) }),
        signal: AbortSignal.timeout(milliseconds),
      });
      const answer: unknown = await response.json();
      if (typeof answer !== 'object' || answer === null || !('success' in answer)) {
        throw new Error(`turnstile: an answer with status ${response.status} is none of Cloudflare's`);
      }
      return answer;
    } finally {
      inFlight -= 1;
    }
  }

  async function answerOf(solution: string, { caller, form }: CaptchaContext): Promise<boolean> {
    const answer = await ask(solution, caller.ip);
    const problem = answer['error-codes']?.find((code) => ofServer.has(code));
    if (problem !== undefined) throw new Error(`turnstile: Cloudflare answers ${problem}`);
    if (answer.success !== true) return false;
    // Of a widget without an action, it is empty.
    if (answer.action !== undefined && answer.action !== '' && answer.action !== form) return false;
    return hostnames === undefined || (answer.hostname !== undefined && hostnames.includes(answer.hostname));
  }

  return async (solution, context): Promise<CaptchaAnswer> => {
    if (!shape.test(solution)) return false;
    try {
      return await answerOf(solution, context);
    } catch (error) {
      if (fail === 'open') return 'unavailable';
      throw new TRPCError({
        code: 'SERVICE_UNAVAILABLE',
        message: 'The captcha cannot be verified now: try again.',
        cause: error,
      });
    }
  };
}

/** The answer of Cloudflare. */
interface Answer {
  readonly success?: unknown;
  readonly hostname?: string;
  readonly action?: string;
  readonly 'error-codes'?: readonly string[];
}
