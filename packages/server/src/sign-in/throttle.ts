import {
  networkOf,
  SessionError,
  type AttemptCounts,
  type CallerInfo,
  type KnownDevice,
  type NewMark,
  type SignInGuard,
} from '@trpc-sessions/core';
import { fromApp } from '../errors.ts';
import { canonicalIp } from '../request/address.ts';
import { connectionOf } from '../request/connection.ts';
import { normalAccount, usualAccountOf } from './account-name.ts';
import { createStoreLimiter, type Limiter, type LimiterAnswer, type LimiterBucket } from './limiter.ts';
import type { ThrottleOptions } from './throttle-options.ts';

/** An attempt of `login`. */
export interface LoginAttempt extends SignInAttempt {
  /** The device, if it has signed in to the account before. */
  readonly known: KnownDevice | undefined;
}

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
   * Counts an attempt before it is made. A device that has signed in to the account before has attempts of its own, so that
   * the guesses of others do not lock it out.
   *
   * @param deviceMark - of the input; a cookie may hold it, too
   * @throws {SessionError} `too_many_attempts`, with `retryAfter`
   */
  begin(caller: CallerInfo, account: string | undefined, deviceMark?: string): Promise<LoginAttempt>;
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

const unlimited: LoginAttempt = {
  known: undefined,
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
    return {
      begin: () => Promise.resolve(unlimited),
      accountOf: () => Promise.resolve(undefined),
      issueMark: () => Promise.resolve(undefined),
      knownDevice: () => Promise.resolve(undefined),
    };
  }
  const {
    account: accountOf = usualAccountOf,
    attemptsPerAccount = defaults.attemptsPerAccount,
    attemptsPerNetwork = defaults.attemptsPerNetwork,
  } = options;
  const limiter = options.limiter === undefined ? createStoreLimiter(guard) : callOf(options.limiter);

  async function knownDevice(
    caller: CallerInfo,
    account: string | undefined,
    deviceMark: string | undefined,
  ): Promise<KnownDevice | undefined> {
    const mark = deviceMark ?? connectionOf(caller)?.cookie?.deviceMark ?? undefined;
    if (mark === undefined || account === undefined) return undefined;
    return guard.marks.verify(mark, normalAccount(account));
  }

  function bucketsOf(caller: CallerInfo, account: string | undefined, known: KnownDevice | undefined): LimiterBucket[] {
    if (known !== undefined && account !== undefined) {
      const key = guard.nameOf(`device ${known.number} ${normalAccount(account)}`);
      return [{ by: 'device', key, free: attemptsPerAccount }];
    }
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
    async begin(caller, account, deviceMark) {
      const taken: Taken[] = [];
      const known = await knownDevice(caller, account, deviceMark);
      for (const bucket of bucketsOf(caller, account, known)) {
        const answer = await limiter(bucket);
        const { retryAfter, attempts = 0 } = answer;
        if (retryAfter > 0) {
          await giveBackAll(taken);
          guard.report('throttled', { by: bucket.by, attempts, retryAfter, caller: withoutToken(caller) });
          throw new SessionError('too_many_attempts', { retryAfter });
        }
        taken.push({ bucket, answer });
      }
      return { ...attemptOf(guard, caller, taken), known };
    },
    issueMark: (userId, account, known) => guard.marks.issue(userId, normalAccount(account), known),
    knownDevice,
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
    async succeeded() {
      for (const { bucket, answer } of taken) {
        // Only of a device are all attempts its own: a sign-in must not free the guesses of others on the account or network.
        const end = bucket.by === 'device' ? (answer.clear ?? answer.giveBack) : answer.giveBack;
        await fromApp(async () => end?.());
      }
    },
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
