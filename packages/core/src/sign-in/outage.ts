import type { Ask } from './rate-limiters.ts';

/** How long a store that failed is not asked, in milliseconds: otherwise each sign-in would wait for it. */
const pause = 5000;

/** Creates a function that asks a store. While the store fails, the function rejects without asking it most of the time. */
export function createAsk({
  clock,
  onFault,
}: {
  readonly clock: () => number;
  /** Called once for each outage. */
  readonly onFault: (error: unknown) => void;
}): Ask {
  let retryAt = -Infinity;
  let isDown = false;

  return async (question) => {
    if (clock() < retryAt) throw new Error('throttle: the store has just failed');
    try {
      const answer = await question();
      isDown = false;
      retryAt = -Infinity;
      return answer;
    } catch (error) {
      retryAt = clock() + pause;
      if (!isDown) onFault(error);
      isDown = true;
      throw error;
    }
  };
}
