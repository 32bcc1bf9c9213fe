import { readFileSync } from 'node:fs';
import { createSessionManager, type SessionsDatabase } from '@trpc-sessions/core';
import { createSessionsPlugin } from '@trpc-sessions/server';
import jwt from 'jsonwebtoken';
import type { Generated, Kysely } from 'kysely';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { secret } from '../support/app.ts';
import { sqlite } from '../support/database.ts';

const djangoSecretKey = 'django-insecure-of-the-old-application-0123456789';

interface Database extends SessionsDatabase {
  django_tokens: { id: Generated<number>; user_id: number };
}

async function createWorld() {
  const database = await sqlite.create();
  const db = database.db as unknown as Kysely<Database>;
  await db.schema
    .createTable('django_tokens')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('user_id', 'integer', (column) => column.notNull())
    .execute();

  const manager = createSessionManager({ db, keys: secret });
  const fromPassword: (credentials: { username: string; password: string }) => null = () => null;

  // docs/from-django.md
  const sessions = createSessionsPlugin({
    manager,
    credentials: z.union([
      z.object({ username: z.string(), password: z.string() }),
      z.object({ legacyToken: z.string().max(4096) }), // until the last old token has expired
    ]),
    authenticate: (credentials) =>
      'legacyToken' in credentials ? fromDjango(credentials.legacyToken) : fromPassword(credentials),
  });

  async function fromDjango(token: string) {
    let claims;
    try {
      claims = jwt.verify(token, djangoSecretKey, { algorithms: ['HS256'] });
    } catch {
      return null;
    }
    if (typeof claims !== 'object' || !Number.isInteger(claims['lookup_id'])) return null;
    const { numDeletedRows } = await db
      .deleteFrom('django_tokens')
      .where('id', '=', claims['lookup_id'])
      .where('user_id', '=', claims['user_id'])
      .executeTakeFirst();
    if (numDeletedRows !== 1n) return null;
    const { user_id, username, email } = claims;
    return { id: String(user_id), claims: { user_id, username, email } };
  }
  // So far.

  const as = (token: string | null) =>
    sessions.router.createCaller({ caller: { token, ip: null, userAgent: null, clientHints: null } });
  const oldToken = async (claims: object = {}, key: string = djangoSecretKey) => {
    const { id } = await db
      .insertInto('django_tokens')
      .values({ user_id: 7 })
      .returning('id')
      .executeTakeFirstOrThrow();
    return jwt.sign({ lookup_id: id, user_id: 7, username: 'ada', email: 'ada@example.com', ...claims }, key, {
      expiresIn: '1h',
    });
  };
  return { manager, as, oldToken, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

test('what is tested is what the page says, word for word', () => {
  const page = readFileSync(new URL('../../docs/from-django.md', import.meta.url), 'utf8');
  const [code = ''] = /^const sessions = [\s\S]*?(?=^```$)/m.exec(page) ?? [];
  const [, tested = ''] =
    /^ {2}\/\/ docs\/from-django\.md\n([\s\S]*?)^ {2}\/\/ So far\.$/m.exec(
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

test('it is exchanged once, also when two try at the same time', async () => {
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
])('one %s is not', async (_, claims, key) => {
  await using w = await createWorld();
  await expect(w.as(null).login({ legacyToken: await w.oldToken(claims, key) })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test('it opens nothing by itself, though it comes in the same header', async () => {
  await using w = await createWorld();
  await expect(w.as(await w.oldToken()).sessions.list()).rejects.toMatchObject({ cause: { reason: 'invalid_token' } });
});
