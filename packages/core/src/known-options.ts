/**
 * Requires that an app passes only known options, in plain JavaScript too: a mistyped one would be ignored in silence.
 *
 * @param name - the function that takes the options
 * @param known - an entry for each option, so that the compiler checks the list against the options' type
 * @throws {TypeError} an option is unknown: the message names it and lists the known ones
 */
export function requireKnownOptions<TOptions extends object>(
  name: string,
  options: TOptions,
  known: KnownOptions<TOptions>,
): void {
  const problem = problemOfOptions(name, options, known);
  if (problem !== undefined) throw new TypeError(problem);
}

/** An entry for each option. */
export type KnownOptions<TOptions> = Readonly<Record<keyof TOptions, true>>;

/** Says why options are refused; `undefined` if all are known. */
export function problemOfOptions<TOptions extends object>(
  name: string,
  options: TOptions,
  known: KnownOptions<TOptions>,
): string | undefined {
  if (typeof options !== 'object' || options === null) return `${name}: expected an object of options`;
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(known, option));
  if (unknown === undefined) return undefined;
  return `${name}: unknown option ${JSON.stringify(unknown)}; the options are ${Object.keys(known).join(', ')}`;
}
