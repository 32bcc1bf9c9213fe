import { createSessionManager, type SessionManager } from '@trpc-sessions/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import type { sessionsPluginOptions } from './options.ts';
import { createSessionsPlugin, type SessionsPluginOptions } from './plugin.ts';

const db = new Kysely<object>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
const authenticate = () => null;

test('the options that users see are those of the schema', () => {
  type Schema = Readonly<z.input<typeof sessionsPluginOptions>>;
  expectTypeOf<Schema>().toEqualTypeOf<SessionsPluginOptions<StandardSchemaV1, unknown, unknown, string, boolean>>();
});

test.each<[string, object | undefined, string]>([
  ['none', undefined, 'options: expected { manager, authenticate }'],
  ['no manager', { authenticate }, 'manager: expected the manager that createSessionManager returned'],
  ['a promise of a manager', { manager: Promise.resolve(manager), authenticate }, 'manager: expected the manager'],
  ['an object that only verifies', { manager: { verify() {} }, authenticate }, 'manager: expected the manager'],
  ['no authenticate', { manager }, 'authenticate: expected a function that checks credentials'],
  ['a schema that is none', { manager, authenticate, credentials: {} }, 'credentials: expected a Standard Schema'],
  ['an account that is no function', { manager, authenticate, account: {} }, 'account: expected a function'],
  ['an admin that is no function', { manager, authenticate, admin: true }, 'admin: expected a function'],
  ['a context key that is no name', { manager, authenticate, contextKey: 'my auth' }, 'contextKey: expected a name'],
  [
    'the context key of every object',
    { manager, authenticate, contextKey: '__proto__' },
    'contextKey: expected a name',
  ],
  ['the context key of callers', { manager, authenticate, contextKey: 'caller' }, 'contextKey: expected a name'],
  ['a locator that is none', { manager, authenticate, locate: 5 }, 'locate: expected a function'],
  ['a timeout without a unit', { manager, authenticate, locateTimeout: 1000 }, 'locateTimeout: expected a duration'],
  ['no stream at all', { manager, authenticate, maxStreamsPerSession: 0 }, 'maxStreamsPerSession: expected a whole'],
  ['a misspelled option', { manager, authentcate: authenticate }, 'authentcate: there is no such option'],
])('a plugin is refused when it is made, with a message that names the option: %s', (_, options, message) => {
  const make = () => createSessionsPlugin(options as { manager: SessionManager; authenticate(): null });
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test('an unknown option is answered with the known ones', () => {
  // @ts-expect-error no such option
  expect(() => createSessionsPlugin({ manager, authenticate, locator: () => null })).toThrow(
    'locator: there is no such option; the options are manager, authenticate, account, admin, contextKey, credentials, locate, errorFormatter, locateTimeout, maxStreamsPerSession',
  );
});

test('an option that is undefined is left out, and any Standard Schema is taken', () => {
  createSessionsPlugin({ manager, authenticate, credentials: undefined, locate: undefined });
  createSessionsPlugin({ manager, authenticate, credentials: z.object({ email: z.email() }) });
  const callable = Object.assign(() => {}, {
    '~standard': { version: 1, vendor: 'callable', validate: (value: unknown) => ({ value }) },
  } as const);
  createSessionsPlugin({ manager, authenticate, credentials: callable });
});
