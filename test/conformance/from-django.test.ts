import { readFileSync } from 'node:fs';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import jwt from 'jsonwebtoken';
import type { Generated, Kysely } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

const djangoSecretKey = 'django-insecure-of-the-old-application-0123456789';

interface Database extends SessionsDatabase {
  token_manager_lookup_id: { id: Generated<number>; user_id: number };
  auth_user: { id: number; username: string; email: string; is_active: number };
}

const dayBeforeTheEnd = Date.parse('2027-03-31');

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: dayBeforeTheEnd }));
afterEach(() => void vi.useRealTimers());

async function createWorld() {
  const database = await sqlite.create();
  const db = database.db as unknown as Kysely<Database>;
  await db.schema
    .createTable('token_manager_lookup_id')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('user_id', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('auth_user')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('username', 'varchar(150)', (column) => column.notNull())
    .addColumn('email', 'varchar(254)', (column) => column.notNull())
    .addColumn('is_active', 'boolean', (column) => column.notNull())
    .execute();
  await db
    .insertInto('auth_user')
    .values([
      { id: 7, username: 'ada', email: 'ada@example.com', is_active: 1 },
      { id: 8, username: 'bob', email: 'bob@example.com', is_active: 1 },
    ])
    .execute();

  const manager = createSessionManager({ db, keys: secret });
  const fromPassword: (credentials: { username: string; password: string }) => null = () => null;

  // docs/from-django.md
  const sessions = createSessionsPlugin({
    manager,
    credentials: z.union([
      z.object({ username: z.string(), password: z.string() }),
      z.object({ legacyToken: z.string().max(4096) }),
    ]),
    authenticate: (credentials) =>
      'legacyToken' in credentials ? fromDjango(credentials.legacyToken) : fromPassword(credentials),
  });

  const exchangeEnds = Date.parse('2027-04-01');

  async function fromDjango(token: string) {
    if (Date.now() >= exchangeEnds) return null;
    let claims;
    try {
      claims = jwt.verify(token, djangoSecretKey, { algorithms: ['HS256'] });
    } catch {
      return null;
    }
    if (typeof claims !== 'object' || !Number.isInteger(claims['lookup_id'])) return null;
    const user = await db
      .selectFrom('auth_user')
      .select(['id', 'username', 'email', 'is_active'])
      .where('id', '=', claims['user_id'])
      .executeTakeFirst();
    if (!user?.is_active) return null;
    const { numDeletedRows } = await db
      .deleteFrom('token_manager_lookup_id')
      .where('id', '=', claims['lookup_id'])
      .where('user_id', '=', user.id)
      .executeTakeFirst();
    if (numDeletedRows !== 1n) return null;
    return { id: String(user.id), claims: { user_id: user.id, username: user.username, email: user.email } };
  }
  // End of the page's code.

  const as = (token: string | null) =>
    sessions.router.createCaller({ caller: { token, ip: null, userAgent: null, clientHints: null } });
  const oldToken = async (claims: object = {}, key: string = djangoSecretKey) => {
    const { id } = await db
      .insertInto('token_manager_lookup_id')
      .values({ user_id: 7 })
      .returning('id')
      .executeTakeFirstOrThrow();
    return jwt.sign({ lookup_id: id, user_id: 7, username: 'ada', email: 'ada@example.com', ...claims }, key, {
      expiresIn: '99999d',
    });
  };
  return { db, manager, as, oldToken, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

test('the tested code is the code of the page, word for word', () => {
  const page = readFileSync(new URL('../../docs/from-django.md', import.meta.url), 'utf8');
  const [code = ''] = /^const sessions = [\s\S]*?(?=^```$)/m.exec(page) ?? [];
  const [, tested = ''] =
    /^ {2}\/\/ docs\/from-django\.md\n([\s\S]*?)^ {2}\/\/ End of the page's code\.$/m.exec(
      readFileSync(import.meta.filename, 'utf8'),
    ) ?? [];
  // Here the compiler asks for brackets (noPropertyAccessFromIndexSignature).
  expect(tested.replaceAll(/^ {2}/gm, '').replaceAll(/(?<=claims)\['(\w+)'\]/g, '.$1')).toBe(code);
  expect(code).toContain('async function fromDjango');
});

test('a token of django-token-manager is exchanged for one of ours, with the claims that services read', async () => {
  await using w = await createWorld();
  const { token } = await w.as(null).login({ legacyToken: await w.oldToken() });
  const { session, claims } = await w.manager.verify(token);
  expect(session.userId).toBe('7');
  expect(claims).toMatchObject({ user_id: 7, username: 'ada', email: 'ada@example.com' });
});

test('an old token is exchanged once, also when two try at the same time', async () => {
  await using w = await createWorld();
  const legacyToken = await w.oldToken();
  const results = await Promise.allSettled([w.as(null).login({ legacyToken }), w.as(null).login({ legacyToken })]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test.each<[string, object, string]>([
  ['of another key', {}, 'another-key-of-some-other-application'],
  ['of another user', { user_id: 8 }, djangoSecretKey],
  ['of no row', { lookup_id: 999 }, djangoSecretKey],
  ['whose lookup_id is a text', { lookup_id: '1' }, djangoSecretKey],
])('an old token %s is not exchanged', async (_, claims, key) => {
  await using w = await createWorld();
  await expect(w.as(null).login({ legacyToken: await w.oldToken(claims, key) })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test('an old token is not exchanged after the end of the exchange, though it has not expired', async () => {
  await using w = await createWorld();
  const legacyToken = await w.oldToken();
  vi.setSystemTime(Date.parse('2027-04-01'));
  await expect(w.as(null).login({ legacyToken })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('an old token of an inactive user is not exchanged', async () => {
  await using w = await createWorld();
  await w.db.updateTable('auth_user').set({ is_active: 0 }).execute();
  await expect(w.as(null).login({ legacyToken: await w.oldToken() })).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
});

test('an old token is refused in the header of a request', async () => {
  await using w = await createWorld();
  await expect(w.as(await w.oldToken()).sessions.list()).rejects.toMatchObject({ cause: { reason: 'invalid_token' } });
});
