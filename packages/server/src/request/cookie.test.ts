import { describe, expect, test } from 'vitest';
import { connectionOf } from './connection.ts';
import { sessionsContext } from './context.ts';
import type { CreateContextOptions, ReadableRequest } from './request.ts';

const cookie = { cookie: '__Host-session=abc.def.ghi' };
function tokenOf(opts: CreateContextOptions): string | null {
  const { token } = sessionsContext(opts, { cookie: { allowedOrigins: ['https://friend.example'] } }).caller;
  return typeof token === 'string' ? token : (token?.reveal() ?? null);
}
const post = (headers: Record<string, string>, request: Partial<ReadableRequest> = {}) =>
  tokenOf({ req: { method: 'POST', headers: { ...cookie, ...headers }, ...request } });

describe('the cookie of a mutation counts only if the browser names a page of ours', () => {
  test.each<[string, Record<string, string>, boolean]>([
    ['Sec-Fetch-Site: same-origin', { 'sec-fetch-site': 'same-origin' }, true],
    ['Sec-Fetch-Site: same-site, which is another host', { 'sec-fetch-site': 'same-site' }, false],
    ['Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }, false],
    ['Sec-Fetch-Site: none, typed by hand', { 'sec-fetch-site': 'none' }, false],
    ['no header', {}, false],
    ['the Origin of an older browser', { origin: 'https://app.example', host: 'app.example' }, true],
    ['an origin in other letters', { origin: 'https://app.example', host: 'APP.example' }, true],
    ['an origin whose port is the default one', { origin: 'https://app.example', host: 'app.example:443' }, true],
    ['an origin with a port', { origin: 'https://app.example:8443', host: 'app.example:8443' }, true],
    ['the origin of another port', { origin: 'https://app.example:8443', host: 'app.example' }, false],
    ['the origin of another host', { origin: 'https://evil.example', host: 'app.example' }, false],
    ['an origin that only begins so', { origin: 'https://app.example.evil.example', host: 'app.example' }, false],
    ['an opaque origin', { origin: 'null', host: 'app.example' }, false],
    ['no host', { origin: 'https://app.example' }, false],
    [
      'our host without TLS, where anyone on the way may answer',
      { origin: 'http://app.example', host: 'app.example' },
      false,
    ],
    ['this machine without TLS', { origin: 'http://localhost:3000', host: 'localhost:3000' }, true],
    ['this machine by its address', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }, true],
    ['this machine by its IPv6 address', { origin: 'http://[::1]:3000', host: '[::1]:3000' }, true],
    ['this machine by another of its addresses', { origin: 'http://127.9.9.9', host: '127.9.9.9' }, true],
    ['this machine by its address in hexadecimal', { origin: 'http://0x7f.1', host: '127.0.0.1' }, true],
    ['a name of this machine', { origin: 'http://app.localhost:3000', host: 'app.localhost:3000' }, true],
    ['this machine by its name with a dot', { origin: 'http://localhost.', host: 'localhost.' }, true],
    ['127.evil.com, which is not this machine', { origin: 'http://127.evil.com', host: '127.evil.com' }, false],
    [
      '127.0.0.1.nip.io, which is not this machine',
      { origin: 'http://127.0.0.1.nip.io', host: '127.0.0.1.nip.io' },
      false,
    ],
    [
      '127.0.0.1.example, which is not this machine',
      { origin: 'http://127.0.0.1.example', host: '127.0.0.1.example' },
      false,
    ],
    [
      'localhost.evil.com, which is not this machine',
      { origin: 'http://localhost.evil.com', host: 'localhost.evil.com' },
      false,
    ],
    ['evil-localhost, which is not this machine', { origin: 'http://evil-localhost', host: 'evil-localhost' }, false],
    ['notlocalhost, which is not this machine', { origin: 'http://notlocalhost', host: 'notlocalhost' }, false],
    ['128.0.0.1, which is not this machine', { origin: 'http://128.0.0.1', host: '128.0.0.1' }, false],
    ['0.0.0.0, which is not this machine', { origin: 'http://0.0.0.0', host: '0.0.0.0' }, false],
    ['192.168.1.5, which is not this machine', { origin: 'http://192.168.1.5', host: '192.168.1.5' }, false],
    [
      '[::ffff:127.0.0.1], which is not this machine',
      { origin: 'http://[::ffff:127.0.0.1]', host: '[::ffff:127.0.0.1]' },
      false,
    ],
    ['[::127], which is not this machine', { origin: 'http://[::127]', host: '[::127]' }, false],
    [
      'localhost.localdomain, which is not this machine',
      { origin: 'http://localhost.localdomain', host: 'localhost.localdomain' },
      false,
    ],
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

describe('the cookie counts', () => {
  test.each<[string, CreateContextOptions, boolean]>([
    ['for a GET, which changes nothing', { req: { method: 'GET', headers: cookie } }, true],
    ['not for a request without a method, which may be a mutation', { req: { headers: cookie } }, false],
    [
      'not for a WebSocket, whose handshake is a GET',
      { req: { method: 'GET', headers: cookie }, res: { send() {}, close() {} }, info: { calls: [] } },
      false,
    ],
    [
      'not for a WebSocket of which createContext passes the request alone',
      { req: { method: 'GET', headers: { ...cookie, upgrade: 'WebSocket' } } },
      false,
    ],
    [
      'for an HTTP call that only claims to be a WebSocket',
      { req: { method: 'GET', headers: { ...cookie, upgrade: 'websocket' } }, info: { calls: [{}] } },
      true,
    ],
  ])('%s', (_, opts, counts) => {
    expect(tokenOf(opts)).toBe(counts ? 'abc.def.ghi' : null);
  });
});

test('only an HTTP batch may share a verification, also if createContext passes the request alone', () => {
  const isBatch = (req: ReadableRequest, info?: object) =>
    connectionOf(sessionsContext({ req, ...(info !== undefined && { info }) }).caller)?.isBatch;
  const url = '/trpc/a,b?batch=1&input={}';
  expect(isBatch({ headers: {}, url })).toBe(true);
  expect(isBatch({ headers: {}, url: `http://x${url}` })).toBe(true);
  expect(isBatch({ headers: {}, url: '/trpc/a?input=batch=1' })).toBe(false);
  expect(isBatch({ headers: {}, url }, { isBatchCall: false, calls: [{}] })).toBe(false);
  expect(isBatch({ headers: { upgrade: 'websocket' }, url })).toBe(false);
  expect(isBatch({ headers: {}, url }, { calls: [] })).toBe(false);
  expect(isBatch({ headers: { upgrade: 'websocket' }, url }, { isBatchCall: true, calls: [{}] })).toBe(true);
});
