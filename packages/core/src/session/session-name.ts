import { SessionUsageError } from '../errors.ts';
import { visibleText } from './visible-text.ts';

/** In UTF-16 code units, as the name of a device. A longer name is cut. */
const maxNameLength = 64;

/**
 * Cleans the name that a user gives a session: one line, nothing hidden.
 *
 * @returns `null` for no name
 * @throws {SessionUsageError} it is not a text
 */
export function readSessionName(name: string | null): string | null {
  if (name !== null && typeof name !== 'string') throw new SessionUsageError('name: expected a text, or null for none');
  return visibleText(name, maxNameLength);
}
