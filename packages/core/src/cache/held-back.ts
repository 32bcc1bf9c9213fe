import type { SessionSet } from '../session/session-set.ts';

/** Sessions that an open transaction revokes: its end is not announced, so that they are not cached for a while. */
export interface HeldBack {
  add(revoked: SessionSet): void;
  has(id: string, userId: string): boolean;
}

/** Past this, everything is held back: messages that anyone may have forged must not fill the memory. */
const maxHeldBack = 10_000;

/** @param duration - in milliseconds */
export function createHeldBack(duration: number, clock: () => number): HeldBack {
  /** Until when; the oldest first. The keys are ids, and users as `user:…`. */
  const untilByKey = new Map<string, number>();
  let allUntil = -Infinity;

  function hold(key: string, now: number): void {
    untilByKey.delete(key);
    untilByKey.set(key, now + duration);
  }

  function dropExpired(now: number): void {
    for (const [key, until] of untilByKey) {
      if (until > now) return;
      untilByKey.delete(key);
    }
  }

  return {
    add({ userId, ids }) {
      const now = clock();
      dropExpired(now);
      for (const key of ids ?? [`user:${userId}`]) hold(key, now);
      if (untilByKey.size <= maxHeldBack) return;
      untilByKey.clear();
      allUntil = now + duration;
    },

    has(id, userId) {
      const now = clock();
      const isHeld = (key: string): boolean => now < (untilByKey.get(key) ?? -Infinity);
      return now < allUntil || isHeld(id) || isHeld(`user:${userId}`);
    },
  };
}
