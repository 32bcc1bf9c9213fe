import { accountBuckets, networkOf, type CallerInfo, type KnownDevice, type SignInGuard } from '@trpc-sessions/core';
import { canonicalIp } from '../request/address.ts';
import type { LimiterBucket } from './limiter.ts';
import type { ThrottleOptions } from './throttle-options.ts';

const defaults = { attemptsPerAccount: 10, attemptsPerNetwork: 30 };
/** With solutions of captchas, there are more attempts. They have a limit, too: solutions can be bought. */
const timesWithCaptcha = 10;

/** Names the buckets that an attempt is counted in. */
export interface Buckets {
  of(caller: CallerInfo, account: string | undefined): readonly LimiterBucket[];
  /** Those of a device that has signed in to the account before. */
  ofDevice(account: string | undefined, device: KnownDevice): readonly LimiterBucket[];
  /** Those of attempts with the solution of a captcha. */
  ofSolutions(caller: CallerInfo, account: string | undefined): readonly LimiterBucket[];
}

export function createBuckets(
  guard: Pick<SignInGuard, 'nameOf'>,
  limits: Pick<ThrottleOptions, keyof typeof defaults>,
): Buckets {
  const attemptsPerAccount = limits.attemptsPerAccount ?? defaults.attemptsPerAccount;
  const attemptsPerNetwork = limits.attemptsPerNetwork ?? defaults.attemptsPerNetwork;

  function both(caller: CallerInfo, account: string | undefined, isSolved: boolean): LimiterBucket[] {
    const network = networkIn(caller);
    const times = isSolved ? timesWithCaptcha : 1;
    const buckets: LimiterBucket[] = [];
    // Networks first: one that waits must not use up the attempts on an account.
    if (network !== undefined) {
      const key = guard.nameOf(`${isSolved ? 'solved ' : ''}network ${network}`);
      buckets.push({ by: 'network', key, free: attemptsPerNetwork * times });
    }
    if (account !== undefined) {
      const { guesses, solutions } = accountBuckets(account);
      const key = guard.nameOf(isSolved ? solutions : guesses);
      buckets.push({ by: 'account', key, free: attemptsPerAccount * times });
    }
    return buckets.filter(({ free }) => free !== Infinity);
  }

  return {
    of: (caller, account) => both(caller, account, false),
    ofDevice(account, { number, userId }) {
      const key = guard.nameOf(`device ${JSON.stringify([number, userId, account])}`);
      return [{ by: 'device' as const, key, free: attemptsPerAccount }].filter(({ free }) => free !== Infinity);
    },
    ofSolutions: (caller, account) => both(caller, account, true),
  };
}

function networkIn({ ip }: CallerInfo): string | undefined {
  const address = canonicalIp(ip);
  return address === null ? undefined : networkOf(address);
}
