import { open, type AsnResponse, type CityResponse, type CountryResponse, type Reader } from 'maxmind';
import { expect, test } from 'vitest';
import { maxmind, type MaxmindOptions } from './maxmind.ts';

const databases = new URL('../../test-data/maxmind/', import.meta.url).pathname;
const cities = await open<CityResponse>(`${databases}GeoIP2-City-Test.mmdb`);
const countries = await open<CountryResponse>(`${databases}GeoIP2-Country-Test.mmdb`);

const { signal } = new AbortController();

test.each([
  ['81.2.69.160', 'London, England, United Kingdom'],
  ['::ffff:81.2.69.160', 'London, England, United Kingdom'],
  ['216.160.83.56', 'Milton, Washington, United States'],
  ['2001:218::1', 'Japan'],
  ['214.0.0.1', 'Singapore'],
  ['198.51.100.1', null],
  ['no address', null],
])('%s is in %s', async (ip, place) => {
  expect(await maxmind(cities)(ip, { signal })).toBe(place);
});

test.each([
  ['en', 'London, England, United Kingdom'],
  ['de', 'London, England, Vereinigtes Königreich'],
  ['de-AT', 'London, England, Vereinigtes Königreich'],
  ['pt', 'Londres, Inglaterra, Reino Unido'],
  ['pt-BR', 'Londres, Inglaterra, Reino Unido'],
  ['ja', 'ロンドン, England, イギリス'],
  // MaxMind has no Italian.
  ['it', 'London, England, Regno Unito'],
])('a place is named in %s, and in English if it has no name there: %s', async (locale, place) => {
  expect(await maxmind(cities, { locale })('81.2.69.160', { signal })).toBe(place);
});

test('a database of countries gives the country', async () => {
  expect(await maxmind(countries, { locale: 'fr' })('81.2.69.160', { signal })).toBe('Royaume-Uni');
});

test('an address of no public network is in this network, in the words of the app', async () => {
  expect(await maxmind(cities)('192.168.1.20', { signal })).toBe('This network');
  expect(await maxmind(cities, { thisNetwork: 'Zuhause' })('192.168.1.20', { signal })).toBe('Zuhause');
});

test('a reader of another database is refused by its type', () => {
  const networks = cities as unknown as Reader<AsnResponse>;
  // @ts-expect-error -- a database of networks has no places
  maxmind(networks);
});

test.each<[string, object, RegExp]>([
  [
    'an unknown option',
    { language: 'de' },
    /^maxmind: language: there is no such option; the options are locale, thisNetwork$/,
  ],
  ['a locale that is none', { locale: 'de_AT' }, /^maxmind: locale: expected a language tag/],
  ['a thisNetwork that is no text', { thisNetwork: null }, /^maxmind: thisNetwork: expected a text$/],
])('%s is a TypeError that names it', (_, options, message) => {
  expect(() => maxmind(cities, options as MaxmindOptions)).toThrow(TypeError);
  expect(() => maxmind(cities, options as MaxmindOptions)).toThrow(message);
});

test.each([undefined, null, {}, 'GeoLite2-City.mmdb'])('%j is no reader: a TypeError', (reader) => {
  expect(() => maxmind(reader as never)).toThrow(new TypeError('maxmind: expected the reader of an open database'));
});
