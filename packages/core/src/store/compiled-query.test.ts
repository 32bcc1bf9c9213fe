import { DummyDriver, Kysely, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { describe, expect, test } from 'vitest';
import { findsOne, isStatement } from '../drivers/statement-mark.ts';
import { compileForIds, compileOnce } from './compiled-query.ts';
import type { SessionsDatabase } from './schema.ts';

const db = new Kysely<SessionsDatabase>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new SqliteIntrospector(of),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});
const from = db.selectFrom('sessions').select('user_id');

describe('a statement', () => {
  test('has one text, and each run supplies its parameters', () => {
    const statement = compileOnce<{ id: string }, unknown>((value) =>
      from.where('id', '=', value('id')).where('ip', '=', '203.0.113.7'),
    );
    const [a, b] = [statement({ id: 'a' }), statement({ id: 'b' })];
    expect(a.sql).toBe(b.sql);
    expect([a.parameters, b.parameters]).toEqual([
      ['a', '203.0.113.7'],
      ['b', '203.0.113.7'],
    ]);
  });

  test('is built when it is first needed, and only then', () => {
    let built = 0;
    const statement = compileOnce<{ id: string }, unknown>((value) => {
      built += 1;
      return from.where('id', '=', value('id'));
    });
    expect(built).toBe(0);
    for (const id of ['a', 'b']) statement({ id });
    expect(built).toBe(1);
  });

  test('is recognised by its text alone, and whether it finds one row', () => {
    const any = compileOnce(() => from)({}).sql;
    const one = compileOnce(() => from, 'one')({}).sql;
    expect([any, one].map(isStatement)).toEqual([true, true]);
    expect([any, one].map(findsOne)).toEqual([false, true]);
  });

  test('is not the same query of an app', () => {
    expect(isStatement(from.compile().sql)).toBe(false);
    expect(isStatement(sql`select 1`.compile(db).sql)).toBe(false);
  });

  test('on several ids has a text for each power of two', () => {
    const statement = compileForIds<object, unknown>((ids) => from.where('id', 'in', ids));
    const [three, four, five] = [
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'c', 'd', 'e'],
    ].map((ids) => statement(ids, {}));
    expect(three?.sql).toBe(four?.sql);
    expect(five?.sql).not.toBe(four?.sql);
    expect(three?.parameters).toEqual(['a', 'b', 'c', 'c']);
  });

  test('on more ids than it lists has one text, and the ids are one parameter', () => {
    const statement = compileForIds<{ ip: string }, unknown>(
      (ids, value) => from.where('id', 'in', ids).where('ip', '=', value('ip')),
      2,
    );
    const [two, three, four] = [
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ].map((ids) => statement(ids, { ip: '203.0.113.7' }));
    expect(two?.parameters).toEqual(['a', 'b', '203.0.113.7']);
    expect(three?.sql).toBe(four?.sql);
    expect(three?.parameters).toEqual(['["a","b","c"]', '203.0.113.7']);
  });
});
