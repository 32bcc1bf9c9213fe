import { createSessionManager, type DeviceInput } from '@trpc-sessions/core';
import { initTRPC } from '@trpc/server';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { createCli } from 'trpc-cli';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { createSessionsPlugin } from '../plugin.ts';
import type { SessionsContext } from '../request/context.ts';
import { badInput, idInput, pageInput, passwordInput, revokeInput } from './inputs.ts';
import type { PasswordCredentials } from './login.ts';
import type { PageInput, RevokeInput } from './sessions.ts';

type AsReadonly<TValue> = TValue extends readonly (infer TItem)[]
  ? readonly TItem[]
  : TValue extends object
    ? { readonly [TName in keyof TValue]: AsReadonly<TValue[TName]> }
    : TValue;

test('the types that users see are those of the schemas', () => {
  type Login = z.input<typeof passwordInput>;
  expectTypeOf<AsReadonly<Omit<Login, 'device' | 'deviceMark' | 'captcha'>>>().toEqualTypeOf<PasswordCredentials>();
  // A client may also send `null` for a part that it does not know.
  type Part = Exclude<NonNullable<Login['device']>['name'], null>;
  expectTypeOf<AsReadonly<Record<keyof NonNullable<Login['device']>, Part>>>().toEqualTypeOf<Required<DeviceInput>>();
  expectTypeOf<AsReadonly<z.input<typeof pageInput>>>().toEqualTypeOf<PageInput | undefined>();
  expectTypeOf<AsReadonly<z.input<typeof revokeInput>>>().toEqualTypeOf<RevokeInput>();
  expectTypeOf<z.input<typeof idInput>>().toEqualTypeOf<{ id: string }>();
});

const ada = { username: 'ada', password: 'right' };

test.each<[string, z.ZodType, unknown, string]>([
  ['no credentials', passwordInput, undefined, 'expected { username, password }'],
  ['no password', passwordInput, { username: 'ada' }, 'password: expected a text of 1 to 1024 characters'],
  ['an empty name', passwordInput, { ...ada, username: '' }, 'username: expected a text of 1 to 256 characters'],
  ['an object as name', passwordInput, { ...ada, username: {} }, 'username: expected a text of 1 to 256 characters'],
  [
    'a device that is a text',
    passwordInput,
    { ...ada, device: 'mine' },
    'device: expected { name?, model?, app?, appVersion? }',
  ],
  [
    'a number as name of the device',
    passwordInput,
    { ...ada, device: { name: 7 } },
    'device.name: expected a text of up to 256 characters',
  ],
  ['no input for get', idInput, undefined, 'expected { id }, the id of a session'],
  ['no id', idInput, {}, 'id: expected the id of a session'],
  [
    'both id and ids',
    revokeInput,
    { id: 'a', ids: [] },
    'expected { id }, the id of a session, or { ids }, a list of up to 100 of them; not both',
  ],
  ['a limit of 0', pageInput, { limit: 0 }, 'limit: expected a whole number from 1 to 100'],
  ['a limit that is a text', pageInput, { limit: '5' }, 'limit: expected a whole number from 1 to 100'],
  ['a cursor that is a number', pageInput, { cursor: 5 }, 'cursor: expected the nextCursor of a page'],
  ['a list as page', pageInput, [], 'expected { limit?, cursor? }'],
])('the message names the part that is wrong: %s', (_, schema, input, message) => {
  const { error } = schema.safeParse(input);
  expect(error && badInput(error)).toMatchObject({ code: 'BAD_REQUEST', message, cause: error });
});

test('a list of a million ids is refused at its length', () => {
  const { error } = revokeInput.safeParse({ ids: Array.from({ length: 1_000_000 }, () => 1) });
  expect(JSON.stringify(error?.issues).length).toBeLessThan(1000);
});

/** The procedures of a plugin with this form, as tools read them. */
function routerOf(credentials?: z.ZodType) {
  const db = new Kysely<object>({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  const sessions = createSessionsPlugin({ manager, authenticate: () => null, credentials });
  return initTRPC.context<SessionsContext>().create().router({ auth: sessions.router });
}

test.each([
  ['a username and a password', undefined, ['username', 'password', 'device', 'device-mark', 'captcha']],
  [
    'the app’s own form',
    z.object({ email: z.email(), code: z.string() }),
    ['email', 'code', 'device', 'device-mark', 'captcha'],
  ],
])('trpc-cli reads the options of each procedure from its schema, with %s', (_, form, names) => {
  const { commands = [] } = createCli({ router: routerOf(form) }).toJSON();
  const optionsOf = (...path: readonly string[]) => {
    let command = commands.find(({ name }) => name === path[0]);
    for (const name of path.slice(1)) command = command?.commands?.find((each) => each.name === name);
    return command?.options?.map((option) => option.name);
  };
  expect(optionsOf('auth', 'login')).toEqual(names);
  expect(optionsOf('auth', 'logout')).toEqual([]);
  expect(optionsOf('auth', 'sessions', 'page')).toEqual(['limit', 'cursor']);
  expect(optionsOf('auth', 'sessions', 'get')).toEqual(['id']);
});

test('each schema can be written as JSON Schema', () => {
  // oxlint-disable-next-line no-underscore-dangle -- tools read it
  const procedures: readonly unknown[] = Object.values(routerOf()._def.procedures);
  const inputs = procedures.flatMap((procedure): z.ZodType[] => Object(Reflect.get(Object(procedure), '_def')).inputs);
  expect(inputs).toHaveLength(5);
  for (const schema of inputs) expect(z.toJSONSchema(schema, { io: 'input' })).toHaveProperty('$schema');
});
