import { inspect } from 'node:util';
import type { CallerInfo } from '@trpc-sessions/core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { canonicalIp } from './address.ts';
import { connectionOf } from './connection.ts';
import { sessionsContext, type SessionsContext, type SessionsContextOptions } from './context.ts';
import type { CreateContextOptions } from './request.ts';
import type { TrustProxy } from './trust-proxy.ts';

const request = (headers: Record<string, string | string[]>, remoteAddress?: string) => ({
  req: { headers, socket: { remoteAddress } },
});
const socket = { close() {}, once() {} };
const callerOf = (headers: Record<string, string>) => sessionsContext(request(headers)).caller;
const tokenIn = (opts: CreateContextOptions, options?: SessionsContextOptions) =>
  textOf(sessionsContext(opts, options).caller.token);
/** The text of a token, which a request's caller holds redacted. */
function textOf(token: CallerInfo['token']): string | null {
  return typeof token === 'string' ? token : (token?.reveal() ?? null);
}

describe('the token is read from', () => {
  test.each<[string, string | null]>([
    ['Bearer abc.def.ghi', 'abc.def.ghi'],
    ['bearer abc.def.ghi', 'abc.def.ghi'],
    ['BEARER   abc.def.ghi', 'abc.def.ghi'],
    ['JWT abc.def.ghi', 'abc.def.ghi'],
    ['jwt abc.def.ghi ', 'abc.def.ghi'],
    // Its shape is for the verification to judge.
    ['Bearer abc def', 'abc def'],
    ['Bearer', null],
    ['Bearer ', null],
    ['Basic dXNlcjpwYXNz', null],
    ['Bearerabc.def.ghi', null],
    ['', null],
  ])('Authorization: %s -> %j', (authorization, token) => {
    expect(tokenIn(request({ authorization }))).toBe(token);
    expect(tokenIn({ req: new Request('http://x', { headers: { authorization } }) })).toBe(token);
  });

  test('the connection parameters of a WebSocket', () => {
    const opts = { ...request({}), res: socket, info: { calls: [], connectionParams: { token: 'abc.def.ghi' } } };
    expect(tokenIn(opts)).toBe('abc.def.ghi');
  });

  test('never the connection parameters of an HTTP request, which are in its URL', () => {
    const opts = { ...request({}), info: { calls: [{}], connectionParams: { token: 'abc.def.ghi' } } };
    expect(tokenIn(opts)).toBeNull();
  });
});

describe('the IP address', () => {
  test.each<[string, TrustProxy | undefined, string | undefined, string | undefined, string | null]>([
    ['is the address of the socket', undefined, '203.0.113.7', undefined, '203.0.113.7'],
    ['is not read from the header by default', undefined, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is not read from the header with no proxy', false, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is read behind one proxy', 1, '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    [
      'is the one that the proxy added, not one that the client wrote before it',
      1,
      '10.0.0.1',
      '6.6.6.6, 198.51.100.9',
      '198.51.100.9',
    ],
    ['is read behind two proxies', 2, '10.0.0.1', '6.6.6.6, 198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['is the first of the header if it names fewer proxies', 5, '10.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['is the address of the socket for a hop count of 0', 0, '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is read behind a hop count in a text', '1', '10.0.0.1', '6.6.6.6, 198.51.100.9', '198.51.100.9'],
    ['is read behind a hop count with spaces', ' 2 ', '10.0.0.1', '198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['is the address of the socket for a hop count of 0 in a text', '0', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is read behind proxies of a subnet', '10.0.0.0/8', '10.0.0.1', '6.6.6.6, 198.51.100.9, 10.0.0.2', '198.51.100.9'],
    ['is read behind a named subnet', 'loopback', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    ['is read behind an IPv6 subnet', 'fd00::/8', 'fd00::1', '198.51.100.9', '198.51.100.9'],
    ['is not read from the header of a stranger', '10.0.0.0/8', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is read behind any proxy of a list', ['loopback', '10.0.0.1'], '::1', '198.51.100.9, 10.0.0.1', '198.51.100.9'],
    [
      'is read behind proxies that a function accepts',
      (address: string) => address.startsWith('10.'),
      '10.9.9.9',
      '198.51.100.9',
      '198.51.100.9',
    ],
    ['is read though the proxy wrote a port', 1, '10.0.0.1', '198.51.100.9:5678', '198.51.100.9'],
    ['is read though the proxy wrote brackets', 1, '10.0.0.1', '[2001:db8::1]:443', '2001:db8::1'],
    ['is read behind proxies that write ports', '10.0.0.0/8', '10.0.0.1', '198.51.100.9, 10.0.0.2:80', '198.51.100.9'],
    ['is the address of the socket for an empty list', '', '203.0.113.7', '1.1.1.1', '203.0.113.7'],
    ['is the address of the socket for an empty header', 1, '203.0.113.7', '', '203.0.113.7'],
    ['is read behind a list with a comma too many', 'loopback,', '127.0.0.1', '198.51.100.9', '198.51.100.9'],
    [
      'is unknown without a peer to ask the function about',
      (address: string) => address.startsWith('10.'),
      undefined,
      '1.1.1.1',
      null,
    ],
    ['is null if the proxy wrote nonsense', 1, '10.0.0.1', 'unknown', null],
    ['is null if the request has none', undefined, undefined, undefined, null],
    ['is a compressed IPv6 address', 1, '::1', '2001:DB8:0:0:0:0:0:ABCD', '2001:db8::abcd'],
    ['is IPv4 if it was mapped', undefined, '::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ])('%s', (_, trustProxy, remoteAddress, forwarded, ip) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(sessionsContext(request(headers, remoteAddress), { trustProxy }).caller.ip).toBe(ip);
  });

  test.each([
    true,
    'nonsense',
    'true',
    'constructor',
    '10.0.0.0/99',
    '-1',
    '1.5',
    '1,2',
    '0x7f.1',
    -1,
    1.5,
    Number.NaN,
    {},
    null,
    '9'.repeat(30),
    ['1'],
    [1],
    [null],
    ['loopback', 'nonsense'],
  ])('has no reading with trustProxy: %j', (trustProxy) => {
    const misused = () => sessionsContext(request({}, '203.0.113.7'), { trustProxy: trustProxy as TrustProxy });
    expect(misused).toThrow(TypeError);
    expect(misused).toThrow(/^trustProxy: /);
  });

  test('is the one that the platform passes, before that of a proxy', () => {
    const behindProxy = request({ 'x-forwarded-for': '198.51.100.9' }, '10.0.0.1');
    expect(sessionsContext(behindProxy, { ip: '203.0.113.7', trustProxy: 1 }).caller.ip).toBe('203.0.113.7');
    expect(sessionsContext(behindProxy, { ip: undefined, trustProxy: 1 }).caller.ip).toBe('198.51.100.9');
  });

  test('is none for a platform that passes null', () => {
    const direct = request({ 'x-forwarded-for': '198.51.100.9' }, '203.0.113.7');
    expect(sessionsContext(direct, { ip: null }).caller.ip).toBeNull();
    expect(sessionsContext(direct, { ip: null, trustProxy: 1 }).caller.ip).toBeNull();
  });

  test('is looked for among the last 32 addresses of a long header', () => {
    const asked: number[] = [];
    const trustProxy = (_: string, hop: number): boolean => asked.push(hop) > 0;
    const header = Array.from({ length: 100_000 }, () => '10.0.0.1').join();
    expect(sessionsContext(request({ 'x-forwarded-for': header }, '10.0.0.1'), { trustProxy }).caller.ip).toBe(
      '10.0.0.1',
    );
    expect(asked).toHaveLength(32);
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

test('user agent and client hints are passed on as they came', () => {
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

const unknownCaller = { token: null, ip: null, userAgent: null, clientHints: null };

test('a request may hold nothing', () => {
  expect(sessionsContext().caller).toMatchObject(unknownCaller);
  expect(sessionsContext({ req: {} }).caller).toMatchObject(unknownCaller);
});

test('a copy of the caller keeps its connection, and another caller has none', () => {
  const { caller } = sessionsContext({ ...request({}), info: { isBatchCall: true, calls: [{}, {}] } });
  expect(connectionOf(caller)).toBeDefined();
  expect(connectionOf({ ...caller, ip: '203.0.113.7' })).toBe(connectionOf(caller));
  expect(connectionOf({ token: null, ip: null, userAgent: null, clientHints: null })).toBeUndefined();
});

test('the connection is in no log of the caller', () => {
  const { caller } = sessionsContext({
    ...request({}),
    res: { ...socket, secret: 'of the socket' },
    info: { calls: [] },
  });
  expect(connectionOf(caller)?.socket).toHaveProperty('secret');
  expect(JSON.parse(JSON.stringify(caller))).toEqual(unknownCaller);
  expect(inspect(caller, { showHidden: true, depth: Infinity, getters: true })).not.toContain('of the socket');
});

describe('nothing in a request makes the context throw', () => {
  const odd = [undefined, null, 5, true, 'text', '', [], {}, ['a', 'b'], [1, null], { a: {} }, 10n, Symbol('odd')];
  const places: Readonly<Record<string, (value: unknown) => object>> = {
    req: (value) => ({ req: value }),
    event: (value) => ({ event: value }),
    info: (value) => ({ req: {}, info: value }),
    res: (value) => ({ req: {}, res: value }),
    resHeaders: (value) => ({ req: {}, resHeaders: value }),
    'the headers': (value) => ({ req: { headers: value } }),
    'every header': (value) => ({ req: { headers: everyHeader(value) } }),
    'every header of an event': (value) => ({ event: { headers: everyHeader(value) } }),
    'the headers of an event': (value) => ({ event: { headers: value } }),
    'Headers that answer it': (value) => ({ req: { headers: { get: () => value } } }),
    'the method and the URL': (value) => ({ req: { headers: {}, method: value, url: value } }),
    'the socket': (value) => ({ req: { socket: value } }),
    'the peer': (value) => ({ req: { socket: { remoteAddress: value } } }),
    'the cookies of an event': (value) => ({ event: { cookies: value } }),
    'the context of an event': (value) => ({ event: { requestContext: value } }),
    'the source of an event': (value) => ({ event: { requestContext: { http: { sourceIp: value } } } }),
    'the calls': (value) => ({ req: {}, info: { calls: value } }),
    'the connection parameters': (value) => ({ res: socket, info: { calls: [], connectionParams: value } }),
    'the token of a WebSocket': (value) => ({ res: socket, info: { calls: [], connectionParams: { token: value } } }),
  };
  const everyHeader = (value: unknown): object =>
    Object.fromEntries(
      ['authorization', 'cookie', 'host', 'origin', 'upgrade', 'user-agent', 'x-forwarded-for', 'sec-ch-ua'].map(
        (name) => [name, value],
      ),
    );

  test.each(Object.entries(places))('%s', (_, place) => {
    for (const value of odd) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- platforms pass more than their types say
      const opts = place(value) as CreateContextOptions;
      const trustProxy = (address: string): boolean => address.startsWith('10.');
      const { caller } = sessionsContext(opts, { trustProxy, cookie: true });
      expect(caller.ip).toBeNull();
      for (const text of [textOf(caller.token), caller.userAgent])
        expect(text === null || typeof text === 'string').toBe(true);
    }
  });

  test('a header that is a number is read as its digits', () => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an event that an app builds for a test
    const event = { headers: { 'User-Agent': 5 } } as unknown as CreateContextOptions['event'];
    expect(sessionsContext({ event }).caller.userAgent).toBe('5');
  });
});

test.each<[string, SessionsContextOptions]>([
  ['trustProxies', { trustProxies: 1 } as SessionsContextOptions],
  ['Cookie', { Cookie: true } as SessionsContextOptions],
])('an unknown option is refused by name: %s', (name, options) => {
  expect(() => sessionsContext({}, options)).toThrow(
    new RegExp(`^${name}: there is no such option; the options are trustProxy, `),
  );
});

test('the header and the connection parameters are ignored with authorization: false', () => {
  const headers = { authorization: 'Bearer of.the.other', cookie: '__Host-session=of.this.one' };
  const options = { cookie: true, authorization: false } as const;
  const { token } = sessionsContext({ req: { headers, method: 'GET' } }, options).caller;
  expect(typeof token === 'object' && token?.reveal()).toBe('of.this.one');
  const res = { send() {}, close() {}, once() {} };
  const info = { calls: [], connectionParams: { token: 'of.the.other' } };
  expect(sessionsContext({ req: { headers: {} }, res, info }, { authorization: false }).caller.token).toBeNull();
  const wrong = { authorization: 'no' } as unknown as SessionsContextOptions;
  expect(() => sessionsContext({}, wrong)).toThrow('authorization: expected true or false');
});

test('the context is typed as the plugin needs it', () => {
  expectTypeOf(sessionsContext).returns.toExtend<SessionsContext>();
});
