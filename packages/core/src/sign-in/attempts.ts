/** Limits the attempts that share a bucket: some are free, and each one after them is followed by a wait. In milliseconds. */
export interface AttemptLimit {
  /** How many attempts are made before the first wait. */
  readonly free: number;
  /** The wait after the last free attempt. Each wait is twice as long as the one before. */
  readonly firstWait: number;
  readonly maxWait: number;
  /** How long the count is kept after the last attempt. At least `maxWait`. */
  readonly window: number;
}

/** A count of attempts, such as those on one account. Its id is a hash: no store holds the name of an account. */
export interface AttemptBucket extends AttemptLimit {
  /** 32 lower-case characters. */
  readonly id: string;
}

/** The answer of an {@link AttemptStore} to an attempt. */
export interface Attempt {
  /** How long the caller has to wait, in milliseconds. 0 if the attempt may be made: it is then counted. */
  readonly wait: number;
  /** How many attempts the bucket has counted, with this one. */
  readonly attempts: number;
  /** The end of the wait that this attempt began, in milliseconds since 1970; 0 if it began none. */
  readonly waitUntil: number;
}

/**
 * Counts attempts to sign in. Each method is atomic: attempts that run at once, in any process that shares the store, never
 * exceed a limit together.
 */
export interface AttemptStore {
  /** Counts an attempt before it is made, or refuses it. */
  take(bucket: AttemptBucket, now: number): Promise<Attempt>;
  /** Takes back an attempt that was counted. */
  giveBack(bucket: AttemptBucket, attempt: Attempt): Promise<void>;
  /** Drops a count. Returns whether there was one. */
  clear(id: string): Promise<boolean>;
}

/** The count of a bucket. Times are in milliseconds since 1970. */
export interface AttemptCount {
  readonly attempts: number;
  /** Attempts are refused until then. */
  readonly waitUntil: number;
  readonly expiresAt: number;
}

/** Decides on an attempt. `count` is the new count; it is missing if the attempt is refused. */
export function decide(
  before: AttemptCount | undefined,
  limit: AttemptLimit,
  now: number,
): { readonly attempt: Attempt; readonly count?: AttemptCount } {
  const current = before !== undefined && before.expiresAt > now ? before : undefined;
  if (current !== undefined && current.waitUntil > now) {
    return { attempt: { wait: current.waitUntil - now, attempts: current.attempts, waitUntil: 0 } };
  }
  const attempts = (current?.attempts ?? 0) + 1;
  const waitUntil = attempts < limit.free ? 0 : now + waitAfter(attempts, limit);
  return {
    attempt: { wait: 0, attempts, waitUntil },
    count: { attempts, waitUntil, expiresAt: now + limit.window },
  };
}

function waitAfter(attempts: number, { free, firstWait, maxWait }: AttemptLimit): number {
  return Math.min(maxWait, firstWait * 2 ** Math.min(attempts - free, 30));
}

/** The count without an attempt that it had counted; `undefined` if none is left. */
export function without(count: AttemptCount, { free }: AttemptLimit, { waitUntil }: Attempt): AttemptCount | undefined {
  const attempts = count.attempts - 1;
  if (attempts < 1) return undefined;
  // A wait that another attempt began goes on, unless it is not due any longer.
  const isOver = attempts < free || count.waitUntil === waitUntil;
  return { ...count, attempts, waitUntil: isOver ? 0 : count.waitUntil };
}
