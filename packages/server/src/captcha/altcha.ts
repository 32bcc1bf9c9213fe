import { parseTimeout, type Duration } from '@trpc-sessions/core';
import { requireKnownOptions } from '../known-options.ts';
import type { Captcha, CaptchaChallenge, CaptchaContext } from './captcha.ts';

/** Options of {@link altcha}. */
export interface AltchaOptions {
  /** Signs challenges. The same in all processes, at least 32 characters, and another one than the keys of sessions. */
  readonly secret: string;
  /**
   * The work of one attempt to solve a challenge, of which there are 256 on average: iterations of PBKDF2. The server does one
   * for each solution. @defaultValue 5000, about a second of a phone
   */
  readonly cost?: number | undefined;
  /** How long a challenge may be solved, up to 15 minutes. @defaultValue `'10m'` */
  readonly lifetime?: Duration | undefined;
}

/** A captcha of ALTCHA. Its challenge is for the widget of the npm package `altcha`, or another client of version 2. */
export interface AltchaCaptcha extends Captcha {
  readonly challenge: (form: CaptchaContext['form']) => Promise<CaptchaChallenge>;
  readonly nameOf: (solution: string) => string | undefined;
}

const algorithm = 'PBKDF2/SHA-256';
const minSecretLength = 32;
/** The plugin remembers solutions for longer, so that each counts once. */
const maxLifetime = 15 * 60_000;
/** Longer solutions are none. */
const maxLength = 4096;

/**
 * A captcha without a provider: the browser works for about a second, and no picture is shown. It slows guesses down, and does
 * not prove that a human makes them. It needs the package `altcha-lib`.
 *
 * @see https://altcha.org
 * @throws {TypeError} an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { altcha } from '@trpc-sessions/server/altcha';
 *
 * const sessions = createSessionsPlugin({
 *   manager,
 *   authenticate: ({ username, password }) => findUser(username, password),
 *   captcha: altcha({ secret: process.env.ALTCHA_SECRET! }),
 * });
 * ```
 */
export function altcha(options: AltchaOptions): AltchaCaptcha {
  requireKnownOptions('altcha: ', options, { secret: true, cost: true, lifetime: true });
  const { secret, cost = 5000, lifetime = '10m' } = options;
  if (typeof secret !== 'string' || secret.length < minSecretLength) {
    throw new TypeError(`altcha: secret: expected a text of at least ${minSecretLength} characters`);
  }
  if (!Number.isInteger(cost) || cost < 1) throw new TypeError('altcha: cost: expected a whole number of at least 1');
  const milliseconds = parseTimeout('lifetime', lifetime, 1000);
  if (milliseconds > maxLifetime) throw new TypeError('altcha: lifetime: expected at most 15m');

  async function verify(solution: string, { form }: CaptchaContext): Promise<boolean> {
    const payload = readPayload(solution);
    if (payload === undefined) return false;
    const { parameters } = payload.challenge;
    // Nothing that the client names decides on the work of the server.
    if (parameters.algorithm !== algorithm || parameters.cost !== cost || parameters.data?.['form'] !== form)
      return false;
    if (typeof parameters.expiresAt !== 'number') return false;
    const [{ verifySolution }, { deriveKey }] = await load();
    // A malformed challenge makes it throw.
    const verified = await verifySolution({ ...payload, deriveKey, hmacSignatureSecret: secret }).catch(
      () => undefined,
    );
    return verified?.verified === true;
  }

  return Object.assign(verify, {
    async challenge(form: CaptchaContext['form']): Promise<CaptchaChallenge> {
      const [{ createChallenge }, { deriveKey }] = await load();
      const expiresAt = new Date(Date.now() + milliseconds);
      return createChallenge({ algorithm, cost, deriveKey, expiresAt, data: { form }, hmacSignatureSecret: secret });
    },
    // JSON can be written in many ways, and a challenge has many solutions: its signature has one form.
    nameOf: (solution: string) => readPayload(solution)?.challenge.signature,
  });
}

/** With the first challenge: the import of an app does not wait for it. */
const load = () => Promise.all([import('altcha-lib'), import('altcha-lib/algorithms/pbkdf2')]);

interface Payload {
  readonly challenge: CaptchaChallenge & { readonly parameters: { readonly data?: Record<string, string> } };
  readonly solution: { readonly counter: number; readonly derivedKey: string };
}

/** Reads the text of the widget: JSON in base64. */
function readPayload(text: string): Payload | undefined {
  if (text.length > maxLength) return undefined;
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    return undefined;
  }
  return isPayload(payload) ? payload : undefined;
}

/** The rest of it is checked by its signature. */
function isPayload(value: unknown): value is Payload {
  const { challenge, solution }: { challenge?: unknown; solution?: unknown } = Object(value);
  const { parameters }: { parameters?: unknown } = Object(challenge);
  return isObject(challenge) && isObject(solution) && isObject(parameters);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
