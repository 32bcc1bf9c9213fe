import { describe, expect, expectTypeOf, test } from 'vitest';
import { canonicalIp, type TrustProxy } from './address.ts';
import { connectionOf, sessionsContext, type SessionsContext } from './context.ts';

const request = (headers: Record<string, string | string[]>, remoteAddress?: string) => ({
  req: { headers, socket: { remoteAddress } },
});
const socket = { close() {}, once() {} };
const callerOf = (headers: Record<string, string>) => sessionsContext(request(headers)).caller;

describe('the token is read from', () => {
  test.each<[string, string | null]>([
    ['Bearer abc.def.ghi', 'abc.def.ghi'],
    ['bearer abc.def.ghi', 'abc.def.ghi'],
    ['BEARER   abc.def.ghi', 'abc.def.ghi'],
    ['JWT abc.def.ghi', 'abc.def.ghi'],
    ['jwt abc.def.ghi ', 'abc.def.ghi'],
    // Not one of ours in shape: that is for the verification to say.
    ['Bearer abc def', 'abc def'],
    ['Bearer', null],
    ['Bearer ', null],
    ['Basic dXNlcjpwYXNz', null],
    ['Bearerabc.def.ghi', null],
    ['', null],
  ])('Authorization: %s -> %j', (authorization, token) => {
    expect(callerOf({ authorization }).token).toBe(token);
    expect(sessionsContext({ req: new Request('http://x', { headers: { authorization } }) }).caller.token).toBe(token);
  });

  test('the connection parameters of a WebSocket, which has no calls yet', () => {
    const opts = { ...request({}), res: socket, info: { calls: [], connectionParams: { token: 'abc.def.ghi' } } };
    expect(sessionsContext(opts).caller.token).toBe('abc.def.ghi');
  });

  test('never the connection parameters of an HTTP request, which are in its URL', () => {
    const opts = { ...request({}), info: { calls: [{}], connectionParams: { token: 'abc.def.ghi' } } };
    expect(sessionsContext(opts).caller.token).toBeNull();
  });
});

describe('the IP address', () => {
  test.each<[string, TrustProxy | undefined, string | undefined, string | undefined, string | null]>([
    ['is the socket’s', undefined, '203.0.113.7', undefined, '203.0.113.7'],
    ['is not what anyone claims', undefined, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is not what anyone claims, with no proxy', false, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is behind one proxy', 1, '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    [
      'is what the proxy saw, not what the client wrote before it',
      1,
      '10.0.0.1',
      '6.6.6.6, 198.51.100.9',
      '198.51.100.9',
    ],
    ['is behind two proxies', 2, '10.0.0.1', '6.6.6.6, 198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['is the first hop where there are fewer than trusted', 5, '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['is behind no proxy for a hop count of 0', 0, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is behind proxies of a subnet', '10.0.0.0/8', '10.0.0.1', '6.6.6.6, 198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['is behind a named subnet', 'loopback', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['is not forwarded by strangers', '10.0.0.0/8', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is behind any of a list', ['loopback', '10.0.0.1'], '::1', '198.51.100.9, 10.0.0.1', '198.51.100.9'],
    [
      'is behind those that a function trusts',
      (address: string) => address.startsWith('10.'),
      '10.9.9.9',
      '198.51.100.9',
      '198.51.100.9',
    ],
    ['is known though the proxy wrote a port', 1, '10.0.0.1', '198.51.100.9:5678', '198.51.100.9'],
    ['is known though the proxy wrote brackets', 1, '10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
    ['is behind proxies that write ports', '10.0.0.0/8', '10.0.0.1', '198.51.100.9, 10.0.0.2:80', '198.51.100.9'],
    ['is behind no proxy of an empty list', '', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is behind a list with a comma too many', 'loopback,', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    [
      'is asked of no function where there is no peer',
      (address: string) => address.startsWith('10.'),
      undefined,
      '1.1.1.1',
      null,
    ],
    ['is null where the proxy wrote nonsense', 1, '10.0.0.1', 'unknown', null],
    ['is null where none is known', undefined, undefined, undefined, null],
    ['is a whole IPv6 address', 1, '::1', '2001:DB8:0:0:0:0:0:ABCD', '2001:db8::abcd'],
    ['is IPv4 where it was mapped', undefined, '::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ])('%s', (_, trustProxy, remoteAddress, forwarded, ip) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(sessionsContext(request(headers, remoteAddress), { trustProxy }).caller.ip).toBe(ip);
  });

  test.each([true, 'nonsense', '10.0.0.0/99', -1, 1.5, Number.NaN, {}])(
    'cannot be told with trustProxy: %j',
    (trustProxy) => {
      const misused = () => sessionsContext(request({}, '203.0.113.7'), { trustProxy: trustProxy as TrustProxy });
      expect(misused).toThrow(TypeError);
      expect(misused).toThrow(/^trustProxy: /);
    },
  );

  test('is the platform’s, where that is passed', () => {
    expect(sessionsContext({ req: new Request('http://x') }, { ip: '203.0.113.7' }).caller.ip).toBe('203.0.113.7');
  });

  test.each([
    ['fe80::1%eth0', 'fe80::1'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['1.2.3.4:80', null],
    ['999.1.1.1', null],
    ["' or 1=1", null],
    ['', null],
    ['1'.repeat(100_000), null],
  ])('%j is written %j', (address, canonical) => {
    expect(canonicalIp(address)).toBe(canonical);
  });
});

test('user agent and client hints come as they are', () => {
  const headers = {
    'user-agent': 'curl/8',
    'sec-ch-ua': '"Chromium";v="140"',
    'sec-ch-ua-platform': '"Windows"',
    'sec-ch-ua-mobile': '?0',
  };
  expect(callerOf(headers)).toMatchObject({
    userAgent: 'curl/8',
    clientHints: {
      brands: '"Chromium";v="140"',
      platform: '"Windows"',
      mobile: '?0',
      platformVersion: null,
      model: null,
    },
  });
  expect(callerOf({}).clientHints).toBeNull();
});

test('only an HTTP batch may share a verification', () => {
  const context = (info: object) => sessionsContext({ ...request({}), info }).caller;
  expect(connectionOf(context({ isBatchCall: true, calls: [{}, {}] }))?.isBatch).toBe(true);
  expect(connectionOf(context({ isBatchCall: false, calls: [{}] }))?.isBatch).toBe(false);
  expect(connectionOf(context({ isBatchCall: false, calls: [] }))?.isBatch).toBe(false);
});

test('a request may tell nothing', () => {
  const nobody = { token: null, ip: null, userAgent: null, clientHints: null };
  expect(sessionsContext().caller).toEqual(nobody);
  expect(sessionsContext({ req: {} }).caller).toEqual(nobody);
});

test('the context is typed as the plugin needs it', () => {
  expectTypeOf(sessionsContext).returns.toExtend<SessionsContext>();
});
