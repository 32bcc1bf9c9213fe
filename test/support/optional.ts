import { describe } from 'vitest';

/**
 * Set by continuous integration. `all`: a suite whose server or browser is missing fails. `available`: such a suite is
 * skipped by name. Both run the suites that are too slow for every run.
 */
const required: string | undefined = process.env['TRPC_SESSIONS_REQUIRE'];

/** A suite that needs a program. On a machine without it, the suite is skipped by name. */
export function describeIf(available: boolean, name: string, howToEnable: string, suite: () => void): void {
  if (available || required === 'all') describe(name, suite);
  else describe.skip(`${name} [skipped: ${howToEnable}]`, suite);
}

/** Whether a suite runs that is not for every run: in continuous integration, or if its variable is `1`. */
export function isEnabled(variable: string): boolean {
  return required !== undefined || process.env[variable] === '1';
}

/** How to enable the suites that are too slow for every run. */
export const slowSuites = { available: isEnabled('SLOW'), howToEnable: 'it is slow: set SLOW=1' };

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
