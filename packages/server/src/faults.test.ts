import { SessionError } from '@trpc-sessions/core';
import { expect, test } from 'vitest';
import { prospectOf, readable, type Prospect } from './faults.ts';

const withCode = (code: string, message = 'failed') => Object.assign(new Error(message), { code });
const named = (name: string) => Object.assign(new Error('failed'), { name });
const withCause = (name: string, cause: Error) => Object.assign(new Error('failed', { cause }), { name });

test.each<[string, unknown, Prospect]>([
  ['a refused connection', withCode('ECONNREFUSED'), 'passing'],
  ['a reset connection', withCode('ECONNRESET'), 'passing'],
  ['a host name that is not found', withCode('ENOTFOUND'), 'passing'],
  ['a missing Unix socket', Object.assign(withCode('ENOENT'), { syscall: 'connect' }), 'passing'],
  ['a missing file', Object.assign(withCode('ENOENT'), { syscall: 'open' }), 'unknown'],
  ['a fetch that failed', new TypeError('fetch failed', { cause: withCode('UND_ERR_CONNECT_TIMEOUT') }), 'passing'],
  ['all addresses of a host', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]), 'passing'],
  ['a time-out of AbortSignal', new DOMException('late', 'TimeoutError'), 'passing'],
  ['PostgreSQL that shuts down', withCode('57P01'), 'passing'],
  ['PostgreSQL without a free connection', withCode('53300'), 'passing'],
  ['a serialization failure', withCode('40001'), 'passing'],
  ['a pool of pg', new Error('timeout exceeded when trying to connect'), 'passing'],
  ['a broken connection of pg', new Error('Connection terminated unexpectedly'), 'passing'],
  ['a broken connection of MySQL', withCode('PROTOCOL_CONNECTION_LOST'), 'passing'],
  ['a lock of MySQL', Object.assign(withCode('ER_LOCK_WAIT_TIMEOUT'), { sqlState: 'HY000' }), 'passing'],
  [
    'a limit of connections of MariaDB',
    Object.assign(withCode('ER_TOO_MANY_USER_CONNECTIONS'), { sqlState: '42000' }),
    'passing',
  ],
  ['a busy SQLite', withCode('SQLITE_BUSY_SNAPSHOT'), 'passing'],
  ['a Redis client that gave up', named('MaxRetriesPerRequestError'), 'passing'],
  ['a MongoDB without a server', named('MongoServerSelectionError'), 'passing'],
  ['a text that PostgreSQL refuses', withCode('22021'), 'lasting'],
  ['a missing table of MySQL', Object.assign(withCode('ER_NO_SUCH_TABLE'), { sqlState: '42S02' }), 'lasting'],
  ['a foreign key of SQLite', withCode('SQLITE_CONSTRAINT_FOREIGNKEY'), 'lasting'],
  ['a bug', new TypeError("Cannot read properties of undefined (reading 'id')"), 'unknown'],
  ['a number out of range', new RangeError('maxSessionsPerUser: expected a whole number'), 'lasting'],
  ['a bug in a callback', withCause('CallbackError', new TypeError('plans is undefined')), 'lasting'],
  ['a callback whose service is down', withCause('CallbackError', withCode('ECONNREFUSED')), 'passing'],
  ['a text', 'ECONNREFUSED', 'unknown'],
  ['nothing', undefined, 'unknown'],
])('%s', (_, error, prospect) => {
  expect(prospectOf(error)).toBe(prospect);
});

test('an error that is its own cause ends the search', () => {
  const error = new Error('failed');
  error.cause = error;
  expect(prospectOf(error)).toBe('unknown');
});

function withStack<TError extends Error>(error: TError, get: () => string): TError {
  return Object.defineProperty(error, 'stack', { get });
}

test('an error whose stack cannot be read is replaced by one that can', () => {
  const unreadable = withStack(new Error('failed'), () => {
    throw new Error('of the getter');
  });
  expect(readable(unreadable)).toEqual(new Error('an error was thrown that cannot be read'));
});

test('the stack of a refusal is not read', () => {
  let reads = 0;
  const refused = withStack(new SessionError('invalid_credentials'), () => `read ${(reads += 1)} times`);
  expect(readable(refused)).toBe(refused);
  expect(reads).toBe(0);
});
