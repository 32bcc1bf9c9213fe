import { SessionUsageError } from '../errors.ts';
import { problemOfOptions, type KnownOptions } from '../known-options.ts';

/**
 * Requires that a call passes only known options: a mistyped `trx` would write outside the app's transaction.
 *
 * @throws {SessionUsageError} an option is unknown
 */
export function requireCallOptions<TOptions extends object>(
  call: string,
  options: TOptions,
  known: KnownOptions<TOptions>,
): void {
  const problem = problemOfOptions(call, options, known);
  if (problem !== undefined) throw new SessionUsageError(problem);
}
