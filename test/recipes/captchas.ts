import type { Captcha } from '@trpc-sessions/server';

/** hCaptcha and reCAPTCHA answer in the same way. */
export function siteverify(url: string, secret: string): Captcha {
  return async (solution, { caller }) => {
    const body = new URLSearchParams({
      secret,
      response: solution,
      ...(caller.ip !== null && { remoteip: caller.ip }),
    });
    const response = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(5000) });
    const answer = (await response.json()) as { success?: unknown };
    return answer.success === true;
  };
}

export const hcaptcha = (secret: string): Captcha => siteverify('https://api.hcaptcha.com/siteverify', secret);
export const recaptcha = (secret: string): Captcha =>
  siteverify('https://www.google.com/recaptcha/api/siteverify', secret);
