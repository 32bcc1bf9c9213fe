/** An entry for each option, so that the compiler checks the list against the options' type. */
export type KnownOptions<TOptions> = Readonly<Record<keyof TOptions, true>>;

/**
 * Requires that an app passes only known options, in plain JavaScript too: a mistyped one would be ignored in silence.
 *
 * @param prefix - stands before the name in the message, such as `cookie.`
 * @throws {TypeError} an option is unknown: the message names it and lists the known ones
 */
export function requireKnownOptions<TOptions extends object>(
  prefix: string,
  options: TOptions,
  known: KnownOptions<TOptions>,
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new TypeError(`${prefix}${unknown}: there is no such option; the options are ${Object.keys(known).join(', ')}`);
}
