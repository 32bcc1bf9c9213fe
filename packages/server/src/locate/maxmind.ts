import { canonicalIp } from '../request/address.ts';
import { requireKnownOptions } from '../known-options.ts';
import { createCountryNames } from './country-name.ts';
import type { Locate } from './locate.ts';
import { placeOptions, readPlaceOptions, type PlaceOptions } from './place-options.ts';
import { isThisNetwork } from './this-network.ts';

/** Names in the languages of MaxMind. Databases of your own may have others. */
export interface MaxmindNames {
  readonly de?: string | undefined;
  readonly en?: string | undefined;
  readonly es?: string | undefined;
  readonly fr?: string | undefined;
  readonly ja?: string | undefined;
  readonly 'pt-BR'?: string | undefined;
  readonly ru?: string | undefined;
  readonly 'zh-CN'?: string | undefined;
}

/** The part of a record that {@link maxmind} reads. City databases have all of it, and Country databases the country. */
export interface MaxmindRecord {
  readonly city?: { readonly names: MaxmindNames } | undefined;
  /** From the largest to the smallest. */
  readonly subdivisions?: readonly { readonly names: MaxmindNames }[] | undefined;
  readonly country?: { readonly iso_code: string; readonly names: MaxmindNames } | undefined;
}

/** An open City or Country database: the `Reader` of the npm packages `maxmind` and `mmdb-lib`, or your own. */
export interface MaxmindReader {
  get(ip: string): MaxmindRecord | null;
}

/** Options of {@link maxmind}. */
export interface MaxmindOptions extends PlaceOptions {}

/**
 * A locator that reads a MaxMind database of yours: City databases give city, region and country, and Country databases the
 * country. A name that the database does not have in your language is in English. The licence of the database is between
 * you and its provider.
 *
 * @param reader - the open database; only its `get` is called
 * @see https://dev.maxmind.com/geoip/docs/databases/city-and-country/
 * @throws {TypeError} `reader` has no `get`, or an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { maxmind } from '@trpc-sessions/server/maxmind';
 * import { open, type CityResponse } from 'maxmind';
 *
 * const reader = await open<CityResponse>('GeoLite2-City.mmdb', { watchForUpdates: true });
 * const sessions = createSessionsPlugin({
 *   manager,
 *   authenticate: ({ username, password }) => findUser(username, password),
 *   locate: maxmind(reader, { locale: 'de' }),
 * });
 * ```
 */
export function maxmind(reader: MaxmindReader, options: MaxmindOptions = {}): Locate {
  requireKnownOptions('maxmind: ', options, placeOptions);
  const { locale, thisNetwork } = readPlaceOptions('maxmind', options);
  const given: { get?: unknown } = Object(reader);
  if (typeof given.get !== 'function') throw new TypeError('maxmind: expected the reader of an open database');
  const countryName = createCountryNames(locale);
  const nameIn = createNames(locale);

  return (address) => {
    const ip = canonicalIp(address);
    if (ip === null) return null;
    if (isThisNetwork(ip)) return thisNetwork;
    const { city, subdivisions, country } = reader.get(ip) ?? {};
    const parts = [
      nameIn(city?.names),
      nameIn(subdivisions?.[0]?.names),
      nameIn(country?.names, countryName(country?.iso_code)),
    ].filter((part) => part !== undefined);
    // A city state has one name for all.
    return parts.filter((part, at) => part !== parts[at - 1]).join(', ') || null;
  };
}

/** Returns a function that picks a name: in the language, or else `translated`, or else in English. */
function createNames(locale: string) {
  const language = languageOf(locale);
  return (names: MaxmindNames = {}, translated?: string): string | undefined => {
    const known = new Map<string, string | undefined>(Object.entries(names));
    const close = [...known.keys()].find((key) => languageOf(key) === language);
    return known.get(locale) ?? known.get(close ?? '') ?? translated ?? known.get('en');
  };
}

const languageOf = (locale: string): string => locale.replace(/-.*$/, '').toLowerCase();
