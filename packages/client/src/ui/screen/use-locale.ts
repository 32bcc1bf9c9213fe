import { useIsHydrated } from './use-is-hydrated.ts';

/**
 * The locale of dates: the given one. Without it, that of the page or the browser, if it is of the labels' language: dates and
 * labels must not mix languages. A page that hydrates has the labels' own, as on the server.
 */
export function useLocale(language: string, given: string | undefined): string {
  const isHydrated = useIsHydrated();
  if (given !== undefined) return given;
  if (!isHydrated) return language;
  const candidates = [document.documentElement.lang, ...navigator.languages];
  return candidates.find((candidate) => candidate.split('-')[0] === language.split('-')[0]) ?? language;
}
