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

/** Whether a suite runs that is too slow for every run: in continuous integration, or if its variable is `1`. */
export function isEnabled(variable: string): boolean {
  return required !== undefined || process.env[variable] === '1';
}
