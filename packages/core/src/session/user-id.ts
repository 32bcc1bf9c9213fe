import { SessionUsageError } from '../errors.ts';
import { isStorableText } from './storable-text.ts';

/** In UTF-16 code units. */
export const maxUserIdLength = 255;

/**
 * Requires a user id that every database stores unchanged: two that differ must stay different.
 *
 * @throws {SessionUsageError} it is not one
 */
export function requireUserId(userId: unknown, name = 'userId'): asserts userId is string {
  if (typeof userId === 'string' && isUserId(userId)) return;
  throw new SessionUsageError(
    `${name}: expected a text of 1 to ${maxUserIdLength} characters; write a number as String(id)`,
  );
}

function isUserId(text: string): boolean {
  return text !== '' && text.length <= maxUserIdLength && isStorableText(text);
}
