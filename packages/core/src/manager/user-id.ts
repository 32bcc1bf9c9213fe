import { SessionUsageError } from '../errors.ts';

const maxLength = 255;

/**
 * Requires a user id that every database stores unchanged: two that differ must stay different.
 *
 * @throws {SessionUsageError} it is not one
 */
export function requireUserId(userId: unknown, name = 'userId'): asserts userId is string {
  if (typeof userId === 'string' && userId !== '' && userId.length <= maxLength && isStorable(userId)) return;
  throw new SessionUsageError(`${name}: expected a text of 1 to ${maxLength} characters; write a number as String(id)`);
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
