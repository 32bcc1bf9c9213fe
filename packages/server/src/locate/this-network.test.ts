import { expect, test } from 'vitest';
import { isThisNetwork } from './this-network.ts';

test.each([
  ['loopback', ['127.0.0.1', '127.255.0.9', '::1']],
  ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.254', '192.168.0.1', 'fd00::1', 'fc12:3456::1']],
  ['link-local', ['169.254.10.1', 'fe80::1']],
  ['shared by a carrier or a VPN', ['100.64.0.1', '100.127.255.254']],
  ['IPv4-mapped', ['::ffff:192.168.0.1', '::ffff:127.0.0.1']],
])('an address that is %s is of this network', (_, addresses) => {
  expect(addresses.filter((ip) => !isThisNetwork(ip))).toEqual([]);
});

test('an address of any other kind is not of this network', () => {
  const addresses = [
    '8.8.8.8',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.0.1',
    '203.0.113.7',
    '2001:db8::1',
    'ff02::1',
    '::ffff:8.8.8.8',
    'no address',
  ];
  expect(addresses.filter(isThisNetwork)).toEqual([]);
});
