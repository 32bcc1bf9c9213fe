import ms, { type StringValue } from 'ms';

/** A length of time with its unit: `'30d'`, `'15 minutes'`. Never a bare number, whose unit would be a guess. */
export type Duration = StringValue;

/** Databases cannot write the dates that follow from a longer one. */
const longest = ms('1000y');

/** The longest time of a timer, in milliseconds: Node.js runs a longer one at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Reads a duration option, in milliseconds.
 *
 * @throws {TypeError} it is not a string
 * @throws {RangeError} it has no unit, is not understood, is shorter than `minimum` milliseconds or longer than 1000 years
 */
export function parseDuration(option: string, value: Duration, minimum = 1): number {
  if (typeof value !== 'string') {
    throw new TypeError(`${option}: expected a duration with its unit, such as "30d" or "15m", got a ${typeof value}`);
  }
  const hasUnit = /[a-z]\s*$/i.test(value);
  const milliseconds = hasUnit && value.length <= 100 ? ms(value) : Number.NaN;
  if (!Number.isFinite(milliseconds)) {
    throw new RangeError(
      `${option}: expected a duration with its unit, such as "30d" or "15m", got ${JSON.stringify(value.slice(0, 40))}`,
    );
  }
  if (milliseconds < minimum) {
    throw new RangeError(
      `${option}: must be at least ${minimum === 0 ? '0ms' : ms(minimum)}, got ${JSON.stringify(value)}`,
    );
  }
  if (milliseconds > longest) throw new RangeError(`${option}: must be at most 1000y, got ${JSON.stringify(value)}`);
  return milliseconds;
}

/**
 * Reads a duration option that a timer waits for, in milliseconds: at most 24 days.
 *
 * @throws {TypeError | RangeError} as {@link parseDuration}, or it is too long for a timer
 */
export function parseTimeout(option: string, value: Duration, minimum = 1): number {
  const milliseconds = parseDuration(option, value, minimum);
  if (milliseconds <= longestTimer) return milliseconds;
  throw new RangeError(`${option}: must be at most 24 days, got ${JSON.stringify(value)}`);
}
