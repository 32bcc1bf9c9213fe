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
