import type { CallerInfo, KnownDevice, NewMark, SignInGuard } from '@trpc-sessions/core';
import { SessionError } from '@trpc-sessions/core';
import type { Captcha } from '../captcha/captcha.ts';
import { fromApp } from '../errors.ts';
import { connectionOf } from '../request/connection.ts';
import { usualAccountOf } from './account-name.ts';
import { attemptOf, withoutToken, type SignInAttempt } from './attempt.ts';
import { createBuckets } from './buckets.ts';
import { createCaptchaGate } from './captcha-gate.ts';
import { createGuardLimiter, type Limiter } from './limiter.ts';
import { createOpenAttempts, type OpenAttempt } from './open-attempts.ts';
import { giveBackAll, takeAll, type Refused } from './taken.ts';
import type { ThrottleOptions } from './throttle-options.ts';

/** An attempt of `login`. */
export interface LoginAttempt extends SignInAttempt {
  /** The device, if it has signed in to the account before. */
  readonly known: KnownDevice | undefined;
  /** Ends the wait of others for this attempt. Call it after every outcome. */
  close(): void;
}

/** A client may send these beside its credentials. */
export interface Proofs {
  /** The mark of a device that has signed in to the account before. A cookie may hold it, too. */
  readonly deviceMark?: string | undefined;
  /** The solution of a captcha. */
  readonly captcha?: string | undefined;
}

/** Limits attempts to sign in. */
export interface Throttle<TCredentials> {
  /**
   * Counts an attempt before it is made. A device that has signed in to the account before has attempts of its own, so that
   * the guesses of others do not lock it out. For any other, the solution of a captcha ends the wait.
   * An attempt at the limit waits for those that are being made: each has to be closed.
   *
   * @throws {SessionError} `too_many_attempts`, with `retryAfter`; or `captcha_required`
   */
  begin(caller: CallerInfo, account: string | undefined, proofs?: Proofs): Promise<LoginAttempt>;
  /** Names the account of credentials. */
  accountOf(credentials: TCredentials): Promise<string | undefined>;
  /**
   * Issues the mark of a device that signs in to an account, before its session is issued.
   *
   * @param known - the device, if it had a mark for the account
   */
  issueMark(userId: string, account: string, known: KnownDevice | undefined): Promise<NewMark | undefined>;
  /** The device of a caller, if it has signed in to an account before. */
  knownDevice(caller: CallerInfo, account: string | undefined, deviceMark?: string): Promise<KnownDevice | undefined>;
}

/** An attempt that asks to be made. */
interface Asked {
  readonly caller: CallerInfo;
  readonly account: string | undefined;
  readonly known: KnownDevice | undefined;
  readonly solution: string | undefined;
}

/** The option `captcha`, and after how many failures it is asked for. */
export interface CaptchaOptions {
  readonly captcha: Captcha | undefined;
  readonly captchaAfter: number;
}

/** @param options - `false` for no limits */
export function createThrottle<TCredentials>(
  guard: SignInGuard,
  options: ThrottleOptions<TCredentials> | false = {},
  { captcha, captchaAfter }: CaptchaOptions,
): Throttle<TCredentials> {
  const isOff = options === false;
  const { account: accountOf = usualAccountOf, limiter: own, ...limits }: ThrottleOptions<TCredentials> = options || {};
  const limiter = own === undefined ? createGuardLimiter(guard) : callOf(own);
  const buckets = createBuckets(guard, limits);
  const openAttempts = createOpenAttempts(limiter);
  // Without counts, every sign-in may be a guess.
  const gate = captcha && createCaptchaGate(guard, captcha, isOff ? 0 : captchaAfter);

  async function knownDevice(
    caller: CallerInfo,
    account: string | undefined,
    deviceMark: string | undefined,
  ): Promise<KnownDevice | undefined> {
    const mark = deviceMark ?? connectionOf(caller)?.cookie?.deviceMark ?? undefined;
    if (isOff || mark === undefined || account === undefined) return undefined;
    // As it is written: in another case, it may be the account of another user.
    return guard.marks.verify(mark, account);
  }

  function tooMany({ bucket, attempts, retryAfter }: Refused, caller: CallerInfo): SessionError {
    guard.report('throttled', { by: bucket.by, attempts, retryAfter, caller: withoutToken(caller) });
    return new SessionError('too_many_attempts', { retryAfter });
  }

  /** Refuses a counted attempt, asks for a captcha, or returns the attempt to make. */
  async function admit(
    { taken, refused }: OpenAttempt,
    { caller, account, known, solution }: Asked,
  ): Promise<SignInAttempt> {
    // A device that waits has made the guesses itself.
    if (refused !== undefined && (gate === undefined || known !== undefined)) throw tooMany(refused, caller);
    const before = (by: 'account' | 'network'): number =>
      (taken.find(({ bucket }) => bucket.by === by)?.answer.attempts ?? 1) - 1;
    const failures = { account: before('account'), network: before('network') };
    const attempt = attemptOf(guard, caller, taken);
    if (gate === undefined || (refused === undefined && !gate.isNeeded(failures))) return attempt;

    if (solution === undefined) {
      await giveBackAll(taken);
      throw required(caller);
    }
    const solving = await takeAll(limiter, isOff ? [] : buckets.ofSolutions(caller, account));
    if (solving.refused !== undefined) {
      await giveBackAll(taken);
      throw tooMany(solving.refused, caller);
    }
    let outcome: 'solved' | 'unavailable';
    try {
      outcome = await gate.check(solution, caller);
    } catch (error) {
      // The solution stays counted for its network: to verify it is work.
      await giveBackAll([...taken, ...solving.taken.filter(({ bucket }) => bucket.by !== 'network')]);
      throw error instanceof SessionError ? required(caller) : error;
    }
    if (outcome === 'unavailable' && refused !== undefined) {
      await giveBackAll(solving.taken);
      throw tooMany(refused, caller);
    }
    return attemptOf(guard, caller, [...taken, ...solving.taken]);
  }

  return {
    async begin(caller, account, { deviceMark, captcha: solution } = {}) {
      const known = await knownDevice(caller, account, deviceMark);
      const asked = isOff ? [] : known === undefined ? buckets.of(caller, account) : buckets.ofDevice(account, known);
      const open = await openAttempts.take(asked);
      try {
        return { ...(await admit(open, { caller, account, known, solution })), known, close: () => open.close() };
      } catch (error) {
        open.close();
        throw error;
      }
    },
    issueMark: (userId, account, known) =>
      isOff ? Promise.resolve(undefined) : guard.marks.issue(userId, account, known),
    knownDevice,
    accountOf: async (credentials) =>
      isOff ? undefined : fromApp(async () => textOf(await fromApp(() => accountOf(credentials)))),
  };

  function required(caller: CallerInfo): SessionError {
    guard.report('rejected', { reason: 'captcha_required', caller: withoutToken(caller) });
    return new SessionError('captcha_required');
  }
}

/** A limiter of the app's may fail. */
function callOf(limiter: Limiter): Limiter {
  return (bucket) => fromApp(() => limiter(bucket));
}

/** A function in plain JavaScript may return anything. */
function textOf(account: unknown): string | undefined {
  if (account === undefined || account === null || typeof account === 'string') return account ?? undefined;
  throw new TypeError('throttle.account: expected it to return a text, or nothing');
}
