import { describe } from 'vitest';
import { required, slowSuites } from './slow-suites.ts';

/** A suite that needs a program. On a machine without it, the suite is skipped by name. */
export function describeIf(available: boolean, name: string, howToEnable: string, suite: () => void): void {
  if (available || required === 'all') describe(name, suite);
  else describe.skip(`${name} [skipped: ${howToEnable}]`, suite);
}

/** A target whose suites are too slow for every run. */
export function slow<TTarget extends { readonly available: boolean; readonly howToEnable: string }>(
  target: TTarget,
): TTarget {
  const howToEnable = [target.howToEnable, slowSuites.howToEnable].filter((text) => text !== '').join('; ');
  return { ...target, available: target.available && slowSuites.available, howToEnable };
}

/** How often a property test runs: a fifth of the times, except where the slow suites run. */
export const propertyRuns = (times: number): number => (slowSuites.available ? times : Math.ceil(times / 5));

/** A suite that is too slow for every run. It runs in continuous integration, or with `SLOW=1`. */
export function describeSlow(name: string, suite: () => void): void {
  describeIf(slowSuites.available, name, slowSuites.howToEnable, suite);
}
