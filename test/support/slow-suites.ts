/**
 * Set by continuous integration. `all`: a suite whose server or browser is missing fails. `available`: such a suite is
 * skipped by name. Both run the suites that are too slow for every run.
 */
export const required: string | undefined = process.env['TRPC_SESSIONS_REQUIRE'];

/** Whether a suite runs that is not for every run: in continuous integration, or if its variable is `1`. */
export function isEnabled(variable: string): boolean {
  return required !== undefined || process.env[variable] === '1';
}

/** How to enable the suites that are too slow for every run. */
export const slowSuites = { available: isEnabled('SLOW'), howToEnable: 'it is slow: set SLOW=1' };
