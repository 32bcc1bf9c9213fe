import { expect, test } from 'vitest';
import { readDevice } from './device/read-device.ts';
import { readStoredDevice } from './stored-device.ts';

const none = { name: null, version: null };
const unknown = { type: null, name: null, vendor: null, model: null, os: none, browser: none, app: none };

test('a stored device is read as it was written', () => {
  const userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0';
  const device = readDevice({ userAgent, clientHints: null }, { name: 'Work' });
  expect(readStoredDevice(JSON.stringify(device))).toEqual(device);
});

test.each([
  ['an empty text', ''],
  ['a truncated document', '{"type":"mobile","name":"iPh'],
  ['null', 'null'],
  ['a text', '"mobile"'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['fields of other types', '{"type":1,"name":{},"vendor":[],"model":true,"os":"iOS","browser":null,"app":[7]}'],
  ['names of object prototypes', '{"__proto__":{"type":"mobile"},"os":{"constructor":"iOS"}}'],
])('a device column with %s reads as an unknown device', (_, text) => {
  expect(readStoredDevice(text)).toEqual(unknown);
});

test('a malformed field leaves the others as they are', () => {
  expect(readStoredDevice('{"type":"tablet","name":5,"os":{"name":"iPadOS","version":18}}')).toEqual({
    ...unknown,
    type: 'tablet',
    os: { name: 'iPadOS', version: null },
  });
});

test('a stored device is frozen, its parts included', () => {
  const { os, ...device } = readStoredDevice('{"os":{"name":"iOS"}}');
  expect([os, device.browser, device.app, readStoredDevice('{}')].every(Object.isFrozen)).toBe(true);
});
