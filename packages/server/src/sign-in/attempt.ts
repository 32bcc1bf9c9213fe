import type { AttemptCounts, CallerInfo, SignInGuard } from '@trpc-sessions/core';
import { fromApp } from '../errors.ts';
import { giveBackAll, type Taken } from './taken.ts';

/** An attempt to sign in, which is counted as a wrong guess unless it ends in another way. */
export interface SignInAttempt {
  /** Ends the attempt: the user has proved who it is. */
  succeeded(): Promise<void>;
  /** Ends the attempt: the guess was wrong. It stays counted, and the event `rejected` reports it. */
  failed(): void;
  /** Ends the attempt: a fault kept it from being made. */
  abandoned(): Promise<void>;
}

export function attemptOf(guard: SignInGuard, caller: CallerInfo, taken: readonly Taken[]): SignInAttempt {
  return {
    async succeeded() {
      for (const { bucket, answer } of taken) {
        // The attempts of a device are all its own. On an account or a network, a sign-in must not free the guesses of others.
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

/** The caller, as events have it. */
export function withoutToken({ ip, userAgent, clientHints }: CallerInfo): Omit<CallerInfo, 'token'> {
  return { ip, userAgent, clientHints };
}
