/** Returns a function that names a country by its code (ISO 3166-1 alpha-2) in a language; `undefined` for a code of none. */
export function createCountryNames(locale: string): (code: string | undefined) => string | undefined {
  const names = new Intl.DisplayNames([locale, 'en'], { type: 'region', fallback: 'none' });
  // `EU`, `ZZ` and digits have names too, but are no countries. `of` throws for a text that is no code.
  return (code) => (code !== undefined && /^(?!EU|EZ|UN|ZZ|QO|XA|XB)[A-Z]{2}$/.test(code) ? names.of(code) : undefined);
}
