import { vi } from 'vitest';

/**
 * Waits until a check passes, and returns its result. The limit is generous: on a busy machine a test is slow, not red.
 *
 * @param check - throws, or rejects, as long as the condition does not hold
 */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 10 });
}
