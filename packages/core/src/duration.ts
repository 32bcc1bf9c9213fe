import ms, { type StringValue } from 'ms';

/** A length of time with its unit: `'30d'`, `'15 minutes'`. Never a bare number, whose unit would be a guess. */
export type Duration = StringValue;

/** Longer than this, dates leave what databases can write. */
const maximum = ms('1000y');

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
  if (milliseconds > maximum) throw new RangeError(`${option}: must be at most 1000y, got ${JSON.stringify(value)}`);
  return milliseconds;
}
