import { networkOf, SessionError, type AttemptCounts, type CallerInfo, type SignInGuard } from '@trpc-sessions/core';
import { fromApp } from '../errors.ts';
import { canonicalIp } from '../request/address.ts';
import { normalAccount, usualAccountOf } from './account-name.ts';
import { createStoreLimiter, type Limiter, type LimiterAnswer, type LimiterBucket } from './limiter.ts';
import type { ThrottleOptions } from './throttle-options.ts';

/** An attempt to sign in, which is counted as a wrong guess unless it ends in another way. */
export interface SignInAttempt {
  /** Ends the attempt: the user has proved who it is. */
  succeeded(): Promise<void>;
  /** Ends the attempt: the guess was wrong. It stays counted, and the event `rejected` reports it. */
  failed(): void;
  /** Ends the attempt: a fault kept it from being made. */
  abandoned(): Promise<void>;
}

/** Limits attempts to sign in. */
export interface Throttle<TCredentials> {
  /**
   * Counts an attempt before it is made.
   *
   * @throws {SessionError} `too_many_attempts`, with `retryAfter`
   */
  begin(caller: CallerInfo, account: string | undefined): Promise<SignInAttempt>;
  /** Names the account of credentials. */
  accountOf(credentials: TCredentials): Promise<string | undefined>;
}

const unlimited: SignInAttempt = {
  succeeded: () => Promise.resolve(),
  failed() {},
  abandoned: () => Promise.resolve(),
};

const defaults = { attemptsPerAccount: 10, attemptsPerNetwork: 30 };

/** @param options - `false` for no limits */
export function createThrottle<TCredentials>(
  guard: SignInGuard,
  options: ThrottleOptions<TCredentials> | false = {},
): Throttle<TCredentials> {
  if (options === false) {
    return { begin: () => Promise.resolve(unlimited), accountOf: () => Promise.resolve(undefined) };
  }
  const {
    account: accountOf = usualAccountOf,
    attemptsPerAccount = defaults.attemptsPerAccount,
    attemptsPerNetwork = defaults.attemptsPerNetwork,
  } = options;
  const limiter = options.limiter === undefined ? createStoreLimiter(guard) : callOf(options.limiter);

  function bucketsOf(caller: CallerInfo, account: string | undefined): LimiterBucket[] {
    const network = networkIn(caller);
    const buckets: LimiterBucket[] = [];
    // Networks first: one that waits must not use up the attempts on an account.
    if (network !== undefined) {
      buckets.push({ by: 'network', key: guard.nameOf(`network ${network}`), free: attemptsPerNetwork });
    }
    if (account !== undefined) {
      buckets.push({ by: 'account', key: guard.nameOf(`account ${normalAccount(account)}`), free: attemptsPerAccount });
    }
    return buckets.filter(({ free }) => free !== Infinity);
  }

  return {
    async begin(caller, account) {
      const taken: Taken[] = [];
      for (const bucket of bucketsOf(caller, account)) {
        const answer = await limiter(bucket);
        const { retryAfter, attempts = 0 } = answer;
        if (retryAfter > 0) {
          await giveBackAll(taken);
          guard.report('throttled', { by: bucket.by, attempts, retryAfter, caller: withoutToken(caller) });
          throw new SessionError('too_many_attempts', { retryAfter });
        }
        taken.push({ bucket, answer });
      }
      return attemptOf(guard, caller, taken);
    },
    accountOf: async (credentials) => (await fromApp(() => accountOf(credentials))) ?? undefined,
  };
}

/** A bucket that has counted an attempt. */
interface Taken {
  readonly bucket: LimiterBucket;
  readonly answer: LimiterAnswer;
}

function attemptOf(guard: SignInGuard, caller: CallerInfo, taken: readonly Taken[]): SignInAttempt {
  return {
    // Only this attempt: a sign-in of one's own must not free the guesses of others on the same account or network.
    succeeded: () => giveBackAll(taken),
    failed() {
      const attempts: AttemptCounts = Object.fromEntries(
        taken.map(({ bucket, answer }) => [bucket.by, answer.attempts]),
      );
      guard.report('rejected', { reason: 'invalid_credentials', caller: withoutToken(caller), attempts });
    },
    abandoned: () => giveBackAll(taken),
  };
}

async function giveBackAll(taken: readonly Taken[]): Promise<void> {
  for (const { answer } of taken) await fromApp(async () => answer.giveBack?.());
}

/** A limiter of the app's may fail. */
function callOf(limiter: Limiter): Limiter {
  return (bucket) => fromApp(() => limiter(bucket));
}

function networkIn({ ip }: CallerInfo): string | undefined {
  const address = canonicalIp(ip);
  return address === null ? undefined : networkOf(address);
}

function withoutToken({ ip, userAgent, clientHints }: CallerInfo): Omit<CallerInfo, 'token'> {
  return { ip, userAgent, clientHints };
}
