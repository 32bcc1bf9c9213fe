import type { Looks } from './looks.ts';

/** A look-up that is repeated, one at a time: from time to time, and when something may have changed. */
export interface RepeatedLook {
  /** Looks as soon as possible: before the others if it is urgent. */
  readonly check: (isUrgent: boolean) => void;
  /** Looks when it is time for it. */
  readonly checkLater: () => void;
  /** Stops for good. */
  readonly stop: () => void;
}

/** The parts of a look-up that is repeated. */
export interface RepeatedLookParts {
  readonly looks: Looks;
  /** Looks up. Rejects if the database does not answer. */
  readonly look: () => Promise<void>;
  /** How long each session has until it expires, in milliseconds: the next look is not later than the first end. */
  readonly timesLeft: () => readonly number[];
  /** Called once. */
  readonly onStop: () => void;
}

/**
 * How often it looks without a reason, in milliseconds. That finds a change without an event: a session has expired or gone idle,
 * or a process that no bus connects has changed it.
 */
const interval = 60_000;
/** The shortest wait before a look. After a fault it doubles each time: a database that does not answer ends no session. */
const minInterval = 1000;

export function createRepeatedLook({ looks, look, timesLeft, onStop }: RepeatedLookParts): RepeatedLook {
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  /** Whether something may have changed after the look that is under way has read it. */
  let isStale = false;
  let isStopped = false;
  /** How many looks in a row the database has not answered. */
  let failures = 0;

  function untilNextLook(): number {
    // Random, so that not all of them look at once when the database is back.
    if (failures > 0) return Math.min(interval, minInterval * 2 ** failures) * (0.5 + Math.random() / 2);
    return Math.min(interval, ...timesLeft().map((left) => Math.max(minInterval, left)));
  }

  async function run(): Promise<void> {
    isLooking = true;
    isStale = false;
    try {
      await look();
      failures = 0;
    } catch {
      failures += 1;
    }
    isLooking = false;
    if (isStopped) return;
    if (isStale) check(true);
    else checkLater();
  }

  function check(isUrgent: boolean): void {
    clearTimeout(timer);
    if (isStopped) return;
    if (isLooking) isStale = true;
    else looks.add(run, isUrgent);
  }

  function checkLater(): void {
    timer = setTimeout(() => check(false), untilNextLook());
    // On Cloudflare Workers it can be a number.
    timer.unref?.();
  }

  return {
    check,
    checkLater,
    stop() {
      if (isStopped) return;
      isStopped = true;
      clearTimeout(timer);
      looks.remove(run);
      onStop();
    },
  };
}
