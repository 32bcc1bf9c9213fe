import { describe } from 'vitest';

/** Set by continuous integration: a missing program is then a failure, not a skip. */
const required: boolean = process.env['TRPC_SESSIONS_REQUIRE'] === 'all';

/** A suite that needs something which not every machine has: without it, it is skipped by name, saying how to enable it. */
export function describeIf(available: boolean, name: string, howToEnable: string, suite: () => void): void {
  if (available || required) describe(name, suite);
  else describe.skip(`${name} [skipped: ${howToEnable}]`, suite);
}

/** Whether something optional was asked for, by an environment variable or by requiring everything. */
export function isEnabled(variable: string): boolean {
  return required || process.env[variable] === '1';
}
