import { SessionUsageError } from '../errors.ts';

/** How large the data of a session may be, in bytes of its JSON. It is read with the row, and larger data has a table of its own. */
export const maxDataSize = 4096;

/**
 * Writes the data of a session as JSON. Its size and its parts are those after every `toJSON`.
 *
 * @returns `null` for no data
 * @throws {SessionUsageError} it is not JSON, or larger than {@link maxDataSize}
 */
export function storeData(data: unknown): string | null {
  if (data === undefined || data === null) return null;
  const text = jsonOf(data);
  // Data whose `toJSON` returns nothing.
  if (text === 'null') return null;
  const size = Buffer.byteLength(text);
  if (size <= maxDataSize) return text;
  throw new SessionUsageError(`data: it is ${size} bytes of JSON, and ${maxDataSize} are allowed`);
}

/**
 * Reads the data of a session from the JSON of its column. It never throws: one malformed row must not fail the list of its user.
 *
 * @returns `null` for a text that is not JSON
 */
export function readStoredData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function jsonOf(data: unknown): string {
  try {
    const text: unknown = JSON.stringify(data, requireJson);
    if (typeof text === 'string') return text;
  } catch (cause) {
    if (cause instanceof SessionUsageError) throw cause;
    throw new SessionUsageError('data: it cannot be written as JSON', { cause });
  }
  throw new SessionUsageError('data: it cannot be written as JSON');
}

/** `JSON.stringify` would write these as null or leave them out. A property that is undefined is left out on purpose. */
function requireJson(this: unknown, key: string, value: unknown): unknown {
  const isLost =
    typeof value === 'function' ||
    typeof value === 'symbol' ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && !Number.isFinite(value)) ||
    (value === undefined && Array.isArray(this));
  if (!isLost) return value;
  throw new SessionUsageError(`data: ${JSON.stringify(key)} is not JSON, but ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
}
