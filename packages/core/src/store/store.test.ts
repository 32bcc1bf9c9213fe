import {
  Kysely,
  MysqlAdapter,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
} from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { dialectOf } from './dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import { createStore, type NewRow, type Store } from './store.ts';

const languages = {
  SQLite: { adapter: new SqliteAdapter(), compiler: new SqliteQueryCompiler() },
  PostgreSQL: { adapter: new PostgresAdapter(), compiler: new PostgresQueryCompiler() },
  MySQL: { adapter: new MysqlAdapter(), compiler: new MysqlQueryCompiler() },
};
type Language = keyof typeof languages;

const isWrite = (query: CompiledQuery): boolean => /^(?:insert|update|delete)\b(?!.* where 1 = 0$)/.test(query.sql);

/** A store on a database whose writes fail with a code, as many times as there are `failures`. */
function createWorld(language: Language, code: string, failures: number) {
  const writes = vi.fn<(query: CompiledQuery) => void>();
  const rows = [{ id: 's1', user_id: 'u1', created_at: 0, last_seen_at: 0, expires_at: 1, locked: 1 }];
  const connection: DatabaseConnection = {
    executeQuery(query) {
      if (isWrite(query)) writes(query);
      if (isWrite(query) && writes.mock.calls.length <= failures)
        return Promise.reject(Object.assign(new Error('undone'), { code }));
      return Promise.resolve({ rows: rows as never[], numAffectedRows: 1n });
    },
    streamQuery: () => expect.unreachable('nothing of ours streams'),
  };
  const { adapter, compiler } = languages[language];
  const done = (): Promise<void> => Promise.resolve();
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createQueryCompiler: () => compiler,
    createIntrospector: () => expect.unreachable('nothing of ours looks around'),
    createDriver: () => ({
      init: done,
      acquireConnection: () => Promise.resolve(connection),
      beginTransaction: done,
      commitTransaction: done,
      rollbackTransaction: done,
      releaseConnection: done,
      destroy: done,
    }),
  };
  const db = new Kysely<SessionsDatabase>({ dialect });
  return { db, writes, store: createStore(db, dialectOf(db), { schema: undefined, table: 'sessions' }) };
}

const live = { now: 0, seenAfter: -1 };
const cap = { max: 1, live, seenAt: () => -Infinity };
const row: NewRow = {
  id: 's2',
  user_id: 'u1',
  created_at: 0,
  expires_at: 1,
  ip: null,
  user_agent: null,
  device: '{}',
};

const endAll = (store: Store): Promise<unknown> => store.deleteAll('u1');

describe('a write that another undid at the same moment', () => {
  test.each<[Language, string]>([
    ['SQLite', 'SQLITE_BUSY'],
    ['SQLite', 'SQLITE_BUSY_SNAPSHOT'],
    ['PostgreSQL', '40P01'],
    ['PostgreSQL', '40001'],
    ['MySQL', 'ER_LOCK_DEADLOCK'],
  ])('is tried again: on %s, %s', async (language, code) => {
    const { store, writes } = createWorld(language, code, 1);
    expect(await endAll(store)).toBe(1);
    expect(writes).toHaveBeenCalledTimes(2);
  });

  test.each<[string, (store: Store) => Promise<unknown>, number]>([
    ['signing in', (store) => store.insert(row, undefined, undefined), 2],
    ['signing in under a cap, both of its writes', (store) => store.insert(row, cap, undefined), 3],
    ['ending some', (store) => store.deleteMany('u1', ['s1']), 2],
    ['ending the others', (store) => store.deleteOthers('u1', 's1'), 2],
    ['ending all', endAll, 2],
    ['purging', (store) => store.deleteDead(live, 1), 2],
    ['last-seen', (store) => store.touch([{ id: 's1', seenAt: 1, seenBefore: 0, ip: null }]), 2],
  ])('is tried again, whichever it is: %s', async (_, write, asked) => {
    for (const [language, code] of [
      ['SQLite', 'SQLITE_BUSY'],
      ['PostgreSQL', '40P01'],
      ['MySQL', 'ER_LOCK_DEADLOCK'],
    ] as const) {
      const { store, writes } = createWorld(language, code, 1);
      await write(store);
      expect(writes).toHaveBeenCalledTimes(asked);
    }
  });

  test('is given up after five times', async () => {
    const { store, writes } = createWorld('PostgreSQL', '40P01', Infinity);
    await expect(endAll(store)).rejects.toThrow('undone');
    expect(writes).toHaveBeenCalledTimes(5);
  });

  test('is not tried again where it was part of a transaction of the app’s, which is undone as a whole', async () => {
    const { db, store, writes } = createWorld('PostgreSQL', '40P01', 1);
    const work = db.transaction().execute((trx) => store.insert(row, undefined, trx));
    await expect(work).rejects.toThrow('undone');
    expect(writes).toHaveBeenCalledOnce();
  });
});

test.each<[Language, string]>([
  ['SQLite', 'SQLITE_FULL'],
  ['PostgreSQL', '23505'],
  // Nobody undid it: whoever waited for the lock so long will not wait again.
  ['MySQL', 'ER_LOCK_WAIT_TIMEOUT'],
  ['MySQL', '40P01'],
])('a write that failed for another reason is not tried again: on %s, %s', async (language, code) => {
  const { store, writes } = createWorld(language, code, 1);
  await expect(endAll(store)).rejects.toThrow('undone');
  expect(writes).toHaveBeenCalledOnce();
});
