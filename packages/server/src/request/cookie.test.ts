import { describe, expect, test } from 'vitest';
import { connectionOf, sessionsContext } from './context.ts';
import type { CreateContextOptions, ReadableRequest } from './request.ts';

const cookie = { cookie: '__Host-session=abc.def.ghi' };
const tokenOf = (opts: CreateContextOptions) =>
  sessionsContext(opts, { cookie: { allowedOrigins: ['https://friend.example'] } }).caller.token;
const post = (headers: Record<string, string>, request: Partial<ReadableRequest> = {}) =>
  tokenOf({ req: { method: 'POST', headers: { ...cookie, ...headers }, ...request } });

describe('a mutation’s cookie counts where the browser says that a page of ours sent it', () => {
  test.each<[string, Record<string, string>, boolean]>([
    ['same-origin', { 'sec-fetch-site': 'same-origin' }, true],
    ['same-site, which is another host', { 'sec-fetch-site': 'same-site' }, false],
    ['cross-site', { 'sec-fetch-site': 'cross-site' }, false],
    ['by hand', { 'sec-fetch-site': 'none' }, false],
    ['nothing', {}, false],
    ['an older browser: its origin', { origin: 'https://app.example', host: 'app.example' }, true],
    ['an origin in other letters', { origin: 'https://app.example', host: 'APP.example' }, true],
    ['an origin whose port is the default one', { origin: 'https://app.example', host: 'app.example:443' }, true],
    ['an origin with a port', { origin: 'https://app.example:8443', host: 'app.example:8443' }, true],
    ['the origin of another port', { origin: 'https://app.example:8443', host: 'app.example' }, false],
    ['the origin of another host', { origin: 'https://evil.example', host: 'app.example' }, false],
    ['an origin that only begins so', { origin: 'https://app.example.evil.example', host: 'app.example' }, false],
    ['an opaque origin', { origin: 'null', host: 'app.example' }, false],
    ['no host', { origin: 'https://app.example' }, false],
    ['our host without TLS, which may be anyone', { origin: 'http://app.example', host: 'app.example' }, false],
    ['this machine without TLS', { origin: 'http://localhost:3000', host: 'localhost:3000' }, true],
    ['this machine by its address', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }, true],
    ['this machine by its IPv6 address', { origin: 'http://[::1]:3000', host: '[::1]:3000' }, true],
    ['a friend', { origin: 'https://friend.example', host: 'app.example' }, true],
    ['a friend, from a modern browser', { origin: 'https://friend.example', 'sec-fetch-site': 'cross-site' }, true],
    [
      'our origin, and yet cross-site',
      { origin: 'https://app.example', host: 'app.example', 'sec-fetch-site': 'cross-site' },
      false,
    ],
  ])('%s', (_, headers, counts) => {
    expect(post(headers)).toBe(counts ? 'abc.def.ghi' : null);
  });

  test('over HTTP/2, which has no Host', () => {
    expect(post({ origin: 'https://app.example', ':authority': 'app.example' })).toBe('abc.def.ghi');
    expect(post({ origin: 'https://evil.example', ':authority': 'app.example' })).toBeNull();
  });

  test('in a Request, which may have its URL alone', () => {
    const headers = new Headers({ ...cookie, origin: 'https://app.example' });
    expect(tokenOf({ req: { method: 'POST', headers, url: 'https://app.example/trpc' } })).toBe('abc.def.ghi');
    expect(tokenOf({ req: { method: 'POST', headers, url: 'https://other.example/trpc' } })).toBeNull();
  });
});

test.each<[string, CreateContextOptions, boolean]>([
  ['a GET changes nothing', { req: { method: 'GET', headers: cookie } }, true],
  ['a method that nobody tells may change something', { req: { headers: cookie } }, false],
  [
    'a WebSocket may, whatever it looks like',
    { req: { method: 'GET', headers: cookie }, res: { send() {}, close() {} }, info: { calls: [] } },
    false,
  ],
  [
    'so may one that is told by its headers',
    { req: { method: 'GET', headers: { ...cookie, upgrade: 'WebSocket' } } },
    false,
  ],
])('%s', (_, opts, counts) => {
  expect(tokenOf(opts)).toBe(counts ? 'abc.def.ghi' : null);
});

test('only an HTTP batch may share a verification, also where createContext passes on the request alone', () => {
  const isBatch = (req: ReadableRequest, info?: object) =>
    connectionOf(sessionsContext({ req, ...(info !== undefined && { info }) }).caller)?.isBatch;
  const url = '/trpc/a,b?batch=1&input={}';
  expect(isBatch({ headers: {}, url })).toBe(true);
  expect(isBatch({ headers: {}, url: `http://x${url}` })).toBe(true);
  expect(isBatch({ headers: {}, url: '/trpc/a?input=batch=1' })).toBe(false);
  expect(isBatch({ headers: {}, url }, { isBatchCall: false, calls: [{}] })).toBe(false);
  expect(isBatch({ headers: { upgrade: 'websocket' }, url })).toBe(false);
  expect(isBatch({ headers: {}, url }, { calls: [] })).toBe(false);
});
