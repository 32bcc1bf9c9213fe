import { describe, expect, test } from 'vitest';
import { readCookieOptions, type CookieOptions } from './cookie-options.ts';
import { sessionsContext } from './context.ts';

test.each<[string, boolean | CookieOptions, string]>([
  ['by default', true, '__Host-session'],
  ['with a domain', { domain: 'example.com' }, '__Secure-session'],
  ['with another path', { path: '/api' }, '__Secure-session'],
  ['without TLS', { secure: false }, 'session'],
  ['without TLS, with a domain', { secure: false, domain: 'example.com' }, 'session'],
  ['with a name of its own', { name: '__Host-sid' }, '__Host-sid'],
])('the cookie has the strictest name that browsers keep, %s', (_, options, name) => {
  expect(readCookieOptions(options)?.name).toBe(name);
});

test('no cookie is read or set by default', () => {
  expect(readCookieOptions(undefined)).toBeUndefined();
  expect(readCookieOptions(false)).toBeUndefined();
});

test('a domain may have the dot of older standards', () => {
  expect(readCookieOptions({ domain: '.Example.com' })?.domain).toBe('example.com');
});

describe('an option that is wrong, or that browsers would ignore, is refused by name', () => {
  test.each<[string, object | string | number | null]>([
    ['cookie', 'yes'],
    ['cookie', 1],
    ['cookie', null],
    ['cookie', { name: 'n'.repeat(100), path: `/${'p'.repeat(100)}` }],
    ['cookie.maxAge', { maxAge: 5 }],
    ['cookie.samesite', { samesite: 'lax' }],
    ['cookie.name', { name: '' }],
    ['cookie.name', { name: 'a b' }],
    ['cookie.name', { name: 'a=b' }],
    ['cookie.name', { name: 'sitzung-für-uns' }],
    ['cookie.name', { name: 5 }],
    ['cookie.name', { name: '__Host-session', domain: 'example.com' }],
    ['cookie.name', { name: '__host-session', path: '/api' }],
    ['cookie.name', { name: '__Host-session', secure: false }],
    ['cookie.name', { name: '__Secure-session', secure: false }],
    ['cookie.domain', { domain: 'https://example.com' }],
    ['cookie.domain', { domain: 'example.com:3000' }],
    ['cookie.domain', { domain: 'example.com; Path=/' }],
    ['cookie.domain', { domain: 'com' }],
    ['cookie.domain', { domain: '192.168.1.5' }],
    ['cookie.domain', { domain: '' }],
    ['cookie.domain', { domain: 5 }],
    ['cookie.path', { path: 'api' }],
    ['cookie.path', { path: '/; Domain=example.com' }],
    ['cookie.path', { path: '/\r\nx: y' }],
    ['cookie.path', { path: 5 }],
    ['cookie.sameSite', { sameSite: 'None' }],
    ['cookie.sameSite', { sameSite: true }],
    ['cookie.sameSite', { sameSite: 'none', secure: false }],
    ['cookie.secure', { secure: 'false' }],
    ['cookie.partitioned', { partitioned: 1 }],
    ['cookie.partitioned', { partitioned: true, secure: false }],
    ['cookie.persistent', { persistent: 'yes' }],
    ['cookie.write', { write: {} }],
    ['cookie.allowedOrigins', { allowedOrigins: 'https://app.example.com' }],
    ['cookie.allowedOrigins', { allowedOrigins: ['https://app.example.com/'] }],
    ['cookie.allowedOrigins', { allowedOrigins: ['https://App.example.com'] }],
    ['cookie.allowedOrigins', { allowedOrigins: ['https://app.example.com:443'] }],
    ['cookie.allowedOrigins', { allowedOrigins: ['app.example.com'] }],
    ['cookie.allowedOrigins', { allowedOrigins: ['*'] }],
    ['cookie.allowedOrigins', { allowedOrigins: ['null'] }],
    ['cookie.allowedOrigins', { allowedOrigins: [5] }],
  ])('%s: %j', (name, cookie) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain JavaScript passes anything
    const misused = () => sessionsContext({}, { cookie: cookie as CookieOptions });
    expect(misused).toThrow(TypeError);
    expect(misused).toThrow(new RegExp(`^${name.replace('.', '\\.')}: `));
  });
});

test('origins of apps in a shell of their own are allowed', () => {
  const allowedOrigins = ['capacitor://localhost', 'https://app.example.com:8443', 'http://localhost:5173'];
  expect(readCookieOptions({ allowedOrigins })?.allowedOrigins).toEqual(allowedOrigins);
});
