import { maxIssuedLength } from '@trpc-sessions/core';
import { describe, expect, test } from 'vitest';
import { connectionOf } from './connection.ts';
import { sessionsContext } from './context.ts';
import { sessionCookie, type CookieOptions } from './cookie-options.ts';
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

describe('of several cookies of one name, as after a change of path or domain', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const old = `h.${part({ iat: 1 })}.s`;
  const fresh = `h.${part({ iat: 2 })}.s`;
  test.each<[string, string, string | null]>([
    ['the token issued last counts, whichever comes first', `__Host-session=${old}; __Host-session=${fresh}`, fresh],
    ['also in the other order', `__Host-session=${fresh}; a=b; __Host-session=${old}`, fresh],
    ['also of those that end with the browser’s session', `__Host-session=${old}; __Host-session=${fresh}.`, fresh],
    ['a token counts before any other text', `__Host-session=junk; __Host-session=${old}`, old],
    ['the first of other texts counts', '__Host-session=junk; __Host-session=%zz', 'junk'],
    ['an empty one does not count', `__Host-session=; __Host-session=${old}`, old],
    ['quotes are no part of a value', `__Host-session="${old}"`, old],
    ['a longer name is another', `__Host-session-mark=${fresh}; __Host-session=${old}`, old],
    ['a time that is no number is none', `__Host-session=h.${part({ iat: '9' })}.s; __Host-session=${old}`, old],
  ])('%s', (_, cookies, token) => {
    expect(post({ cookie: cookies, 'sec-fetch-site': 'same-origin' })).toBe(token);
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

/** The cookie of a request, and the headers that were added to its response. */
function connect(req: ReadableRequest, options: boolean | CookieOptions = true) {
  const added: [string, string][] = [];
  const resHeaders = { append: (name: string, value: string) => void added.push([name, value]) };
  const { cookie: ours } = connectionOf(sessionsContext({ req, resHeaders }, { cookie: options }).caller)!;
  return { cookie: ours!, set: () => added.filter(([name]) => name === 'set-cookie').map(([, value]) => value), added };
}
const ownPage = { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } };
const expiresAt = new Date('2030-01-02T03:04:05Z');
const expires = 'Expires=Wed, 02 Jan 2030 03:04:05 GMT';

test.each<[string, CookieOptions, string]>([
  ['by default', {}, `__Host-session=t; Path=/; ${expires}; HttpOnly; Secure; SameSite=Lax`],
  [
    'for all hosts of a domain',
    { domain: 'example.com', sameSite: 'strict' },
    `__Secure-session=t; Domain=example.com; Path=/; ${expires}; HttpOnly; Secure; SameSite=Strict`,
  ],
  [
    'in pages of other sites',
    { sameSite: 'none', partitioned: true },
    `__Host-session=t; Path=/; ${expires}; HttpOnly; Secure; Partitioned; SameSite=None`,
  ],
  ['without TLS', { secure: false, path: '/api' }, `session=t; Path=/api; ${expires}; HttpOnly; SameSite=Lax`],
  ['for the browser’s session', { persistent: false }, '__Host-session=t.; Path=/; HttpOnly; Secure; SameSite=Lax'],
])('the cookie is set as its options say: %s', (_, options, expected) => {
  const { cookie: ours, set } = connect(ownPage, options);
  ours.set('t', { expiresAt });
  expect(set()).toEqual([expected]);
});

test('the cookie is cleared with the attributes that it was set with', () => {
  const { cookie: ours, set } = connect(ownPage, { domain: 'example.com', path: '/api', partitioned: true });
  ours.clear();
  expect(set()).toEqual([
    '__Secure-session=; Max-Age=0; Domain=example.com; Path=/api; HttpOnly; Secure; Partitioned; SameSite=Lax',
  ]);
});

test('a page of another origin can neither set nor clear the cookie', () => {
  const { cookie: ours, set } = connect({ method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
  ours.set('t', { expiresAt });
  ours.renew('t', { expiresAt });
  ours.clear();
  expect(set()).toEqual([]);
});

test('each sign-in decides whether its cookie outlives the browser’s session, and renewing keeps to it', () => {
  for (const persistent of [true, false]) {
    const { cookie: ours, set } = connect(ownPage, { persistent: !persistent });
    ours.set('t', { expiresAt }, { persistent });
    const value = set()[0]!.split(';')[0]!;
    expect(set()[0]!.includes('Expires')).toBe(persistent);

    const later = connect({ ...ownPage, headers: { ...ownPage.headers, cookie: value } }, { persistent: !persistent });
    expect(later.cookie.token?.reveal()).toBe('t');
    expect(later.cookie.isPersistent).toBe(persistent);
    later.cookie.renew('u', { expiresAt });
    expect(later.set()[0]!.includes('Expires')).toBe(persistent);
  }
});

test('renewing does not bring back a cookie that the same response has cleared or replaced', () => {
  for (const replace of ['clear', 'set'] as const) {
    const { cookie: ours, set } = connect({ method: 'GET', headers: cookie });
    if (replace === 'clear') ours.clear();
    else ours.set('u', { expiresAt });
    ours.renew('abc.def.ghi', { expiresAt });
    expect(set()).toHaveLength(1);
  }
});

describe('the developer is asked to fix a sign-in whose cookie the browser would drop', () => {
  const cases: readonly [string, Record<string, string>, CookieOptions, RegExp | null][] = [
    ['no browser', {}, {}, null],
    ['a page of ours', { 'sec-fetch-site': 'same-origin', origin: 'https://app.example' }, {}, null],
    ['a page of ours in an older browser', { origin: 'https://app.example', host: 'app.example' }, {}, null],
    ['localhost', { origin: 'http://localhost:3000', host: 'localhost:3000' }, {}, null],
    ['a page on a network of ours', { origin: 'http://192.168.1.5', host: '192.168.1.5' }, {}, /cookie\.secure/],
    ['a name on a network of ours', { origin: 'http://nas.local', host: 'nas.local' }, {}, /cookie\.secure/],
    ['a name like localhost', { origin: 'http://127.0.0.1.nip.io', host: '127.0.0.1.nip.io' }, {}, /cookie\.secure/],
    [
      'a page on a network of ours, without Secure',
      { origin: 'http://192.168.1.5', host: '192.168.1.5' },
      { secure: false },
      null,
    ],
    [
      'a page of this machine that calls another',
      { origin: 'http://localhost:5173', host: '192.168.1.5:3000' },
      { allowedOrigins: ['http://localhost:5173'] },
      /cookie\.secure/,
    ],
    [
      'a page of another site',
      { 'sec-fetch-site': 'cross-site', origin: 'https://other.example' },
      {},
      /cookie\.allowedOrigins/,
    ],
    [
      'a page of another host of the site',
      { 'sec-fetch-site': 'same-site', origin: 'https://app.example' },
      {},
      /cookie\.allowedOrigins/,
    ],
    [
      'an older browser on another origin',
      { origin: 'https://other.example', host: 'a.example' },
      {},
      /allowedOrigins/,
    ],
    [
      'a page of another host of the site that is allowed',
      { 'sec-fetch-site': 'same-site', origin: 'https://app.example' },
      { allowedOrigins: ['https://app.example'] },
      null,
    ],
    [
      'a page of another site that is allowed',
      { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' },
      { allowedOrigins: ['https://app.example'] },
      /cookie\.sameSite/,
    ],
    [
      'a frame in another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe', origin: 'https://app.example' },
      { allowedOrigins: ['https://app.example'] },
      /cookie\.sameSite/,
    ],
    [
      'a page of another site that is allowed, with a cookie for it',
      { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' },
      { allowedOrigins: ['https://app.example'], sameSite: 'none', partitioned: true },
      null,
    ],
    [
      'a form that comes back from an identity provider',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document', origin: 'https://id.example' },
      { allowedOrigins: ['https://id.example'] },
      null,
    ],
    [
      'a page outside of the domain',
      { 'sec-fetch-site': 'same-origin', origin: 'https://notexample.com' },
      { domain: 'example.com' },
      /cookie\.domain/,
    ],
    [
      'a page within the domain',
      { 'sec-fetch-site': 'same-origin', origin: 'https://app.example.com:8443', host: 'internal:3000' },
      { domain: 'example.com' },
      null,
    ],
  ];
  test.each(cases)('%s', (_, headers, options, expected) => {
    const problem = connect({ method: 'POST', headers }, options).cookie.problem();
    if (expected === null) expect(problem).toBeNull();
    else expect(problem).toMatch(expected);
  });

  test('a link from another site that ends at a callback of ours', () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(connect({ method: 'GET', headers }).cookie.problem()).toBeNull();
  });
});

test('browsers keep the longest cookie: 4,096 bytes with its name and attributes', () => {
  const options = { domain: `${'d'.repeat(60)}.example.com`, sameSite: 'strict', partitioned: true } as const;
  const lengthOf = (nameLength: number): number => {
    const { cookie: ours, set } = connect(ownPage, { ...options, name: 'n'.repeat(nameLength) });
    ours.set('t'.repeat(maxIssuedLength), { expiresAt });
    return set()[0]!.length;
  };
  const longestName = 4096 - lengthOf(1) + 1;
  expect(lengthOf(longestName)).toBe(4096);
  expect(() => lengthOf(longestName + 1)).toThrow(/^cookie: name, domain and path/);
});

test('an answer to a cookie is kept out of caches, once for a batch', () => {
  const noStore = (req: ReadableRequest) => connect(req).added.filter(([name]) => name === 'cache-control');
  expect(noStore({ method: 'GET', headers: cookie })).toEqual([['cache-control', 'no-store']]);
  expect(noStore({ method: 'GET', headers: {} })).toEqual([]);
  expect(noStore({ method: 'GET', headers: { ...cookie, authorization: 'Bearer a.b.c' } })).toEqual([]);
});

describe('the cookie is written into the jar of a framework', () => {
  const jar = (cookieOptions: CookieOptions = {}) => {
    const written: unknown[] = [];
    const write: CookieOptions['write'] = (...cookieParts) => void written.push(cookieParts);
    const action = (headers: Record<string, string>) =>
      connectionOf(
        sessionsContext({ req: { method: 'POST', headers } }, { cookie: { ...cookieOptions, write } }).caller,
      )!.cookie!;
    return { written, action };
  };
  const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' };

  test('when a server action signs in and out, with the attributes of the header', () => {
    const { written, action } = jar();
    const ours = action({ 'sec-fetch-site': 'same-origin' });
    expect(ours.problem()).toBeNull();
    ours.set('t', { expiresAt });
    ours.set('t', { expiresAt }, { persistent: false });
    ours.clear();
    expect(written).toEqual([
      ['__Host-session', 't', { ...attributes, expires: expiresAt }],
      ['__Host-session', 't.', attributes],
      ['__Host-session', '', { ...attributes, maxAge: 0 }],
    ]);
    const { name, attributes: exported } = sessionCookie();
    expect([name, exported]).toEqual(['__Host-session', attributes]);
    expect(sessionCookie({ domain: 'example.com', partitioned: true, sameSite: 'none' })).toEqual({
      name: '__Secure-session',
      attributes: { ...attributes, sameSite: 'none', domain: 'example.com', partitioned: true },
    });
  });

  test('but not for a page of another origin', () => {
    const { written, action } = jar();
    const ours = action({ 'sec-fetch-site': 'cross-site' });
    expect(ours.problem()).toContain('another origin');
    ours.set('t', { expiresAt });
    ours.clear();
    expect(written).toEqual([]);
  });
});
