/** A clock that a test moves by hand. */
export interface TestClock {
  (): number;
  advance(milliseconds: number): void;
}

export const second = 1000;
export const minute: number = 60 * second;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;

/** Starts at a moment between two seconds, where rounding shows. */
export function createTestClock(start: number = Date.UTC(2026, 10, 23, 12, 0, 0, 345)): TestClock {
  let now = start;
  return Object.assign(() => now, {
    advance(milliseconds: number) {
      now += milliseconds;
    },
  });
}
