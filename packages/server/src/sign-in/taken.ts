import { fromApp } from '../errors.ts';
import type { Limiter, LimiterAnswer, LimiterBucket } from './limiter.ts';

/** A bucket that has counted an attempt. */
export interface Taken {
  readonly bucket: LimiterBucket;
  readonly answer: LimiterAnswer;
}

/** A bucket that has refused an attempt. */
export interface Refused {
  readonly bucket: LimiterBucket;
  readonly attempts: number;
  readonly retryAfter: number;
}

/** Counts an attempt in all buckets, or in none. */
export async function takeAll(
  limiter: Limiter,
  buckets: readonly LimiterBucket[],
): Promise<{ readonly taken: readonly Taken[]; readonly refused?: Refused }> {
  const taken: Taken[] = [];
  for (const bucket of buckets) {
    const answer = await limiter(bucket);
    const { retryAfter, attempts = 0 } = answer;
    if (retryAfter > 0) {
      await giveBackAll(taken);
      return { taken: [], refused: { bucket, attempts, retryAfter } };
    }
    taken.push({ bucket, answer });
  }
  return { taken };
}

/** Takes the attempt back, from all buckets. */
export async function giveBackAll(taken: readonly Taken[]): Promise<void> {
  for (const { answer } of taken) await fromApp(async () => answer.giveBack?.());
}
