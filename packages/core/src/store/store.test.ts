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
import { detectDialect } from './detect-dialect.ts';
import type { SessionsDatabase } from './schema.ts';
import { createRow } from './columns.ts';
import { createStore, type Store } from './store.ts';

const languages = {
  SQLite: { adapter: new SqliteAdapter(), compiler: new SqliteQueryCompiler() },
  PostgreSQL: { adapter: new PostgresAdapter(), compiler: new PostgresQueryCompiler() },
  MySQL: { adapter: new MysqlAdapter(), compiler: new MysqlQueryCompiler() },
};
type Language = keyof typeof languages;

/** Answers whether a query writes sessions: not a lock, nor the order of revocations. */
const isWrite = (query: CompiledQuery): boolean =>
  /^(?:insert into|update|(?:with ["`]ended["`] as \()?delete from) ["`]sessions["`](?!.* where 1 = 0$)/.test(
    query.sql,
  );

/** A store on a database whose writes fail with a code, as many times as there are `failures`. */
function createWorld(language: Language, code: string, failures: number) {
  const writes = vi.fn<(query: CompiledQuery) => void>();
  const rows = ['s2', 's1'].map((id) => ({ id, user_id: 'u1', created_at: 0, last_seen_at: 0, expires_at: 1 }));
  const connection: DatabaseConnection = {
    executeQuery(query) {
      if (isWrite(query)) writes(query);
      if (isWrite(query) && writes.mock.calls.length <= failures)
        return Promise.reject(Object.assign(new Error('conflict'), { code }));
      return Promise.resolve({ rows: rows as never[], numAffectedRows: 1n });
    },
    streamQuery: () => expect.unreachable('the store streams nothing'),
  };
  const { adapter, compiler } = languages[language];
  const done = (): Promise<void> => Promise.resolve();
  const dialect: Dialect = {
    createAdapter: () => adapter,
    createQueryCompiler: () => compiler,
    createIntrospector: () => expect.unreachable('the store introspects nothing'),
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
  return { db, writes, store: createStore(db, detectDialect(db), { schema: undefined, table: 'sessions' }) };
}

const live = { expiresAfter: 0, seenAfter: -1 };
const cap = { max: 1, live, waitingSeenAt: () => -Infinity };
const row = createRow({ id: 's2', user_id: 'u1', created_at: 0, last_seen_at: 0, expires_at: 1, device: '{}' });

const ending = { at: 0, cause: 'revoked' } as const;

const revokeAll = (store: Store): Promise<unknown> => store.deleteAll('u1', ending);

describe('a write that conflicts with a concurrent one', () => {
  test.each<[Language, string]>([
    ['SQLite', 'SQLITE_BUSY'],
    ['SQLite', 'SQLITE_BUSY_SNAPSHOT'],
    ['PostgreSQL', '40P01'],
    ['PostgreSQL', '40001'],
    ['MySQL', 'ER_LOCK_DEADLOCK'],
  ])('is retried on %s, after %s', async (language, code) => {
    const { store, writes } = createWorld(language, code, 1);
    await revokeAll(store);
    expect(writes).toHaveBeenCalledTimes(2);
  });

  test.each<[string, (store: Store) => Promise<unknown>, number]>([
    ['signing in', (store) => store.insert(row, {}, undefined), 2],
    ['signing in under a cap, with both of its writes', (store) => store.insert(row, { cap }, undefined), 3],
    ['revoking some', (store) => store.deleteMany('u1', ['s1'], ending), 2],
    ['revoking the others', (store) => store.deleteOthers('u1', 's1', ending), 2],
    ['revoking all', revokeAll, 2],
    ['purging', (store) => store.purge(live, 1), 2],
    [
      'writing last-seen',
      (store) => store.writeLastSeen([{ id: 's1', seenAt: 1, seenBefore: 0, ip: null, userAgent: null, device: null }]),
      2,
    ],
  ])('is retried for every kind of write: %s', async (_, write, asked) => {
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

  test('fails after five attempts', async () => {
    const { store, writes } = createWorld('PostgreSQL', '40P01', Infinity);
    await expect(revokeAll(store)).rejects.toThrow('conflict');
    expect(writes).toHaveBeenCalledTimes(5);
  });

  test('is not retried in a transaction of the app, which rolls back as a whole', async () => {
    const { db, store, writes } = createWorld('PostgreSQL', '40P01', 1);
    const work = db.transaction().execute((trx) => store.insert(row, {}, trx));
    await expect(work).rejects.toThrow('conflict');
    expect(writes).toHaveBeenCalledOnce();
  });
});

test.each<[Language, string]>([
  ['SQLite', 'SQLITE_READONLY'],
  ['PostgreSQL', '23505'],
  // Not a conflict: it has waited for the lock long enough.
  ['MySQL', 'ER_LOCK_WAIT_TIMEOUT'],
  ['MySQL', '40P01'],
])('a write that failed for another reason is not retried: on %s, %s', async (language, code) => {
  const { store, writes } = createWorld(language, code, 1);
  await expect(revokeAll(store)).rejects.toThrow('conflict');
  expect(writes).toHaveBeenCalledOnce();
});

test.each<[Language, string]>([
  ['SQLite', 'SQLITE_FULL'],
  ['PostgreSQL', '53100'],
  ['MySQL', 'ER_RECORD_FILE_FULL'],
])(
  'a revocation that a full disk fails is run once more, without a record of it: on %s, %s',
  async (language, code) => {
    const once = createWorld(language, code, 1);
    await revokeAll(once.store);
    expect(once.writes).toHaveBeenCalledTimes(2);
    const twice = createWorld(language, code, 2);
    await expect(revokeAll(twice.store)).rejects.toThrow('conflict');
    expect(twice.writes).toHaveBeenCalledTimes(2);
    const ofAllUsers = createWorld(language, code, 1);
    await ofAllUsers.store.deleteIssuedBefore(['s1'], 1, { at: 1, cause: 'revoked' });
    expect(ofAllUsers.writes).toHaveBeenCalledTimes(2);
  },
);
