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
  known: Readonly<Record<keyof TOptions, true>>,
): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${name}: expected an object of options`);
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(known, option));
  if (unknown === undefined) return;
  const list = Object.keys(known).join(', ');
  throw new TypeError(`${name}: unknown option ${JSON.stringify(unknown)}; the options are ${list}`);
}
