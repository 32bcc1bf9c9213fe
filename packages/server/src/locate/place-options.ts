import type { KnownOptions } from '../known-options.ts';
import { thisNetworkText } from './this-network.ts';

/** The options of every locator of ours. */
export interface PlaceOptions {
  /** The language of places, as a BCP 47 tag such as `'pt-BR'`. @defaultValue `'en'` */
  readonly locale?: string | undefined;
  /**
   * The `location` of an address that is in no public network: loopback, private, link-local or shared. A page in several
   * languages compares with this text, and shows its own. @defaultValue `'This network'`
   */
  readonly thisNetwork?: string | undefined;
}

/** The options of every locator, for its own list. */
export const placeOptions: KnownOptions<PlaceOptions> = { locale: true, thisNetwork: true };

/** @throws {TypeError} an option is wrong: the message names it */
export function readPlaceOptions(name: string, options: PlaceOptions): { locale: string; thisNetwork: string } {
  const { locale = 'en', thisNetwork = thisNetworkText } = options;
  if (!isLocale(locale)) throw new TypeError(`${name}: locale: expected a language tag such as 'en' or 'pt-BR'`);
  if (typeof thisNetwork !== 'string') throw new TypeError(`${name}: thisNetwork: expected a text`);
  return { locale, thisNetwork };
}

function isLocale(locale: unknown): boolean {
  try {
    return typeof locale === 'string' && Intl.getCanonicalLocales(locale).length === 1;
  } catch {
    return false;
  }
}
