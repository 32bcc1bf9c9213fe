import { accountBuckets, type SignInGuard } from '@trpc-sessions/core';

/**
 * Drops the attempts on an account. In memory, those of this process alone; a limiter of the app's has its own.
 *
 * @returns whether any were counted
 */
export type Unblock = (account: string) => Promise<boolean>;

export function createUnblock(guard: Pick<SignInGuard, 'nameOf' | 'clear'>): Unblock {
  return async (account) => {
    const { guesses, solutions } = accountBuckets(account);
    const dropped = await Promise.all([guesses, solutions].map((text) => guard.clear(guard.nameOf(text))));
    return dropped.includes(true);
  };
}
