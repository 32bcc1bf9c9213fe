import { expect, test } from 'vitest';
import { createReadIp } from './ip-mode.ts';

const read = createReadIp('truncated');

test.each([
  ['203.0.113.7', '203.0.113.0'],
  ['0.0.0.1', '0.0.0.0'],
  ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3::'],
  ['2001:0DB8:85A3::1', '2001:db8:85a3::'],
  ['2001:db8::1', '2001:db8::'],
  ['2001:0:1::', '2001:0:1::'],
  ['64:ff9b::203.0.113.7', '64:ff9b::'],
  ['::1', '::'],
  ['::ffff:203.0.113.7', '203.0.113.0'],
  ['::ffff:cb00:7107', '203.0.113.0'],
  ['fe80::1%eth0', 'fe80::'],
])('the truncated address of %s is %s', (ip, truncated) => {
  expect(read(ip)).toBe(truncated);
});

test.each([null, undefined, '', 'localhost', '203.0.113.7, 10.0.0.1', '1'.repeat(46)])('%j is no address', (ip) => {
  for (const mode of ['full', 'truncated', 'off'] as const) expect(createReadIp(mode)(ip)).toBeNull();
});

test('an address is stored as it is, or not at all', () => {
  expect(createReadIp('full')('2001:db8::1')).toBe('2001:db8::1');
  expect(createReadIp('off')('2001:db8::1')).toBeNull();
});
