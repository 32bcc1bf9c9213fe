import { useIsHydrated } from './use-is-hydrated.ts';

/**
 * The locale of dates: the given one. Without it, that of the page or the browser, if it is of the labels' language: dates and
 * labels must not mix languages. A page that hydrates has the labels' own, as on the server.
 */
export function useLocale(language: string, given: string | undefined): string {
  const isHydrated = useIsHydrated();
  const own = localeOf(language) ?? 'en';
  if (given !== undefined) return localeOf(given) ?? own;
  if (!isHydrated) return own;
  const candidates = [document.documentElement.lang, ...navigator.languages].map(localeOf);
  return candidates.find((candidate) => candidate?.split('-')[0] === own.split('-')[0]) ?? own;
}

/** Reads a locale, in the form of POSIX too (`en_GB`); `undefined` for none. `Intl` throws for a text that is none. */
function localeOf(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text.replace(/@.*/, '').replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}
