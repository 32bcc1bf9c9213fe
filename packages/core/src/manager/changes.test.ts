import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteStatement } from 'kysely';
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { localBus } from '../bus/local-bus.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { migrateToLatest } from '../store/migrations.ts';
import type { SessionsDatabase } from '../store/schema.ts';
import type { Session } from '../session/session.ts';
import type { IssuedSession } from './issue.ts';
import { createMigratedDatabase } from '../testing/migrated-database.ts';
import { createSessionManager, type SessionManager } from './manager.ts';
import type { ReissueInput } from './reissue.ts';

let db: Kysely<SessionsDatabase>;
let manager: SessionManager;
let issued: IssuedSession;

beforeEach(async () => {
  db = await createMigratedDatabase();
  manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  issued = await manager.issue({ userId: 'ada', data: { n: 1 } });
  return async () => {
    await manager.close();
    await db.destroy();
  };
});

test('the types of a change', () => {
  expectTypeOf(manager.update).returns.resolves.toEqualTypeOf<Session | null>();
  expectTypeOf<Session['data']>().toBeUnknown();
  expectTypeOf<Session['name']>().toEqualTypeOf<string | null>();
  expectTypeOf(manager.reissue).returns.resolves.toExtend<IssuedSession>();
});

describe('misuse of update names the mistake, and changes nothing', () => {
  test.each<[string, object, RegExp]>([
    ['neither a name nor data', {}, /^update: expected a name or data/],
    ['an unknown part', { name: 'a', nmae: 'b' }, /^update: unknown option "nmae"/],
    ['a name that is a number', { name: 7 }, /^name: expected a text, or null/],
    ['data that is too large', { data: 'x'.repeat(5000) }, /^data: it is 5002 bytes of JSON, and 4096 are allowed/],
    ['data that is a function', { data: () => {} }, /^data: /],
    ['no user', { userId: '', name: 'a' }, /^userId: /],
  ])('%s', async (_, input, message) => {
    const key = { userId: 'ada', id: issued.session.id };
    const error = { name: 'SessionUsageError', message: expect.stringMatching(message) };
    await expect(manager.update({ ...key, ...input })).rejects.toMatchObject(error);
    expect(await manager.get(key)).toEqual(issued.session);
  });

  test('an unknown option, such as a mistyped trx', async () => {
    const options = { trxx: undefined } as object;
    await expect(manager.update({ userId: 'ada', id: issued.session.id, name: 'a' }, options)).rejects.toThrow(
      /^update: unknown option "trxx"/,
    );
  });
});

describe('misuse of reissue names the mistake, and leaves the token good', () => {
  test.each<[string, object, RegExp]>([
    ['a registered claim', { claims: { sub: 'eve' } }, /^claims: "sub" is a registered claim/],
    ['the claim of ours', { claims: { lookup_generation: 9 } }, /^claims: "lookup_generation" is a registered claim/],
    ['claims that are too large', { claims: { a: 'x'.repeat(5000) } }, /^claims: the token would be/],
    ['a grace without a unit', { grace: '30' }, /^grace: /],
    ['a grace that is a number', { grace: 30 }, /^grace: /],
    ['an unknown option', { lifetime: '1h' }, /^reissue: unknown option "lifetime"/],
  ])('%s', async (_, input, message) => {
    const error = { name: 'SessionUsageError', message: expect.stringMatching(message) };
    await expect(manager.reissue(issued.token, input as ReissueInput)).rejects.toMatchObject(error);
    await manager.reissue(issued.token, {});
  });
});

test('data of issue that is too large is refused before anything is written', async () => {
  await expect(manager.issue({ userId: 'bob', data: 'x'.repeat(5000) })).rejects.toThrow(/4096 are allowed/);
  expect(await manager.list('bob')).toEqual([]);
});

test('a change that the database did not acknowledge is read again by every process', async () => {
  const file = new SqliteDatabase(':memory:');
  let isLost = false;
  const database = {
    prepare(text: string): SqliteStatement {
      const statement = file.prepare(text);
      return {
        reader: statement.reader,
        run(parameters) {
          const result = statement.run(parameters);
          if (isLost && text.startsWith('update')) throw new Error('connection lost');
          return result;
        },
        iterate: (parameters) => statement.iterate(parameters),
        all(parameters) {
          const rows = statement.all(parameters);
          if (isLost && text.startsWith('update')) throw new Error('connection lost');
          return rows;
        },
      };
    },
    close: () => file.close(),
  };
  const own = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
  await migrateToLatest(own);
  const bus = localBus();
  const nodes = [1, 2].map(() =>
    createSessionManager({
      db: own,
      keys: 'a secret of more than thirty-two bytes',
      bus,
      cache: memoryCache({ max: 9 }),
    }),
  );
  const [a, b] = nodes;
  const { token, session } = await a!.issue({ userId: 'ada' });
  for (const node of nodes) await node.verify(token);
  isLost = true;
  await expect(a!.update({ userId: 'ada', id: session.id, name: 'New' })).rejects.toThrow('connection lost');
  for (const node of nodes) expect((await node.verify(token)).session.name).toBe('New');
  await expect(b!.reissue(token, { grace: '0s' })).rejects.toThrow('connection lost');
  for (const node of nodes) await expect(node.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
  for (const node of nodes) await node.close();
  await own.destroy();
});
