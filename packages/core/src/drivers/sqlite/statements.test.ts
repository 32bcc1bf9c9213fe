import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect, sql, type SqliteDatabase as SqliteDatabaseOfKysely } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createSessionManager } from '../../manager/manager.ts';
import { migrateToLatest } from '../../store/migrations.ts';
import type { SessionsDatabase } from '../../store/schema.ts';
import { reuseStatements } from './statements.ts';

function open(max?: number) {
  const database = new SqliteDatabase(':memory:');
  const prepare = vi.spyOn(database, 'prepare');
  const db = new Kysely<{ numbers: { n: number } }>({
    dialect: new SqliteDialect({ database: reuseStatements(database, max === undefined ? {} : { max }) }),
  });
  return { database, prepare, db };
}

test('a statement is prepared once', async () => {
  const { db, prepare } = open();
  await db.schema.createTable('numbers').addColumn('n', 'integer').execute();
  for (let n = 0; n < 10; n += 1) await db.insertInto('numbers').values({ n }).execute();
  expect(prepare).toHaveBeenCalledTimes(2);
  expect(await db.selectFrom('numbers').selectAll().execute()).toHaveLength(10);
  await db.destroy();
});

test('the least recently used statement is evicted', async () => {
  const { db, prepare } = open(2);
  for (const n of [1, 2, 3, 1]) await sql`select ${sql.lit(n)}`.execute(db);
  expect(prepare).toHaveBeenCalledTimes(4);
});

test('the planner sees no value of a statement of the manager’s, which is planned once', async () => {
  const database = new SqliteDatabase(':memory:');
  const prepare = vi.spyOn(database, 'prepare');
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: reuseStatements(database) }) });
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes', maxSessionsPerUser: 1 });
  await manager.issue({ userId: 'ada' });
  const { token } = await manager.issue({ userId: 'ada' });
  await manager.verify(token);
  await manager.revokeAll('ada');
  const kept = prepare.mock.calls.map(([text]) => text).filter((text) => text.endsWith('/* trpc-sessions */'));
  expect(kept.filter((text) => text.includes('+?')).length).toBeGreaterThan(5);
  expect(kept.filter((text) => /[^+]\?/.test(text))).toEqual([]);
  await sql`select ${1}`.execute(db);
  expect(prepare).toHaveBeenLastCalledWith('select ?');
  await db.destroy();
});

test('a statement can run again while it is iterated', () => {
  const database = reuseStatements(new SqliteDatabase(':memory:'));
  const prepare = () => database.prepare('select 1 as n union select 2');
  const seen = [];
  for (const row of prepare().iterate([])) seen.push(row, prepare().all([]).length);
  expect(seen).toEqual([{ n: 1 }, 2, { n: 2 }, 2]);
});

test('a kept statement follows a change of the table', async () => {
  const { db } = open();
  await db.schema.createTable('numbers').addColumn('n', 'integer').execute();
  const all = () => db.selectFrom('numbers').selectAll().execute();
  await all();
  await db.schema
    .alterTable('numbers')
    .addColumn('m', 'integer', (column) => column.defaultTo(7))
    .execute();
  await db.insertInto('numbers').values({ n: 1 }).execute();
  expect(await all()).toEqual([{ n: 1, m: 7 }]);
});

test('the look-up of a session asks for one row', async () => {
  const database = new SqliteDatabase(':memory:');
  const asked: string[] = [];
  const db = new Kysely<SessionsDatabase>({
    dialect: new SqliteDialect({
      database: reuseStatements({
        prepare(text) {
          const statement = database.prepare(text);
          return {
            reader: statement.reader,
            run: (parameters) => statement.run(parameters),
            iterate: (parameters) => statement.iterate(parameters),
            all: (parameters) => (asked.push('all'), statement.all(parameters)),
            get: (parameters) => (asked.push('get'), statement.get(parameters)),
          };
        },
        close: () => database.close(),
      }),
    }),
  });
  await migrateToLatest(db);
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  const { token } = await manager.issue({ userId: 'ada' });
  asked.length = 0;
  expect((await manager.verify(token)).session.userId).toBe('ada');
  await manager.revokeAll('ada');
  await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
  // The revocation counts the rows that its statement returns. The refusal also looks up how the session ended.
  expect(asked).toEqual(['get', 'all', 'get', 'get']);
  await db.destroy();
});

describe('requests that arrive together', () => {
  async function countQueries(database: SqliteDatabaseOfKysely) {
    let queries = 0;
    const db = new Kysely<SessionsDatabase>({
      dialect: new SqliteDialect({ database }),
      log: () => void (queries += 1),
    });
    await migrateToLatest(db);
    const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
    const issued = await Promise.all(Array.from({ length: 8 }, (_, n) => manager.issue({ userId: `u${n}` })));
    for (const { token } of issued) await manager.verify(token);
    queries = 0;
    const verified = await Promise.all(issued.map(({ token }) => manager.verify(token)));
    expect(verified.map(({ session }) => session.userId)).toEqual(issued.map(({ session }) => session.userId));
    await db.destroy();
    return queries;
  }

  test('share a look-up, because to prepare it takes longest', async () => {
    expect(await countQueries(new SqliteDatabase(':memory:'))).toBe(1);
  });

  test('are looked up below the Kysely where statements are reused, and its log shows none of them', async () => {
    expect(await countQueries(reuseStatements(new SqliteDatabase(':memory:')))).toBe(0);
  });
});

describe('a look-up below an app’s Kysely', () => {
  async function openApp(file = ':memory:') {
    const database = new SqliteDatabase(file);
    database.pragma('journal_mode = wal');
    const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database: reuseStatements(database) }) });
    await migrateToLatest(db);
    const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
    const { token } = await manager.issue({ userId: 'ada' });
    await manager.verify(token);
    return { db, manager, token };
  }

  test('reads nothing of an open transaction, whose end it waits for', async () => {
    const { db, manager, token } = await openApp();
    const rollback = new Error('rolled back');
    let verified: Promise<unknown> | undefined;
    await db
      .transaction()
      .execute(async (trx) => {
        await trx.deleteFrom('sessions').execute();
        verified = manager.verify(token);
        throw rollback;
      })
      .catch((error: unknown) => expect(error).toBe(rollback));
    await expect(verified).resolves.toMatchObject({ session: { userId: 'ada' } });
    await db.transaction().execute(async (trx) => {
      await trx.deleteFrom('sessions').execute();
      verified = manager.verify(token).catch((error: unknown) => error);
    });
    await expect(verified).resolves.toMatchObject({ reason: 'revoked_session' });
    await db.destroy();
  });

  test('is not answered from the snapshot of a stream that another process has overtaken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-stream-'));
    const { db, manager, token } = await openApp(join(folder, 'app.db'));
    const elsewhere = createSessionManager({
      db: new SqliteDatabase(join(folder, 'app.db')),
      keys: 'a secret of more than thirty-two bytes',
    });
    let verified: Promise<unknown> | undefined;
    for await (const { id } of db.selectFrom('sessions').select('id').stream()) {
      await elsewhere.revoke({ userId: 'ada', id });
      verified = manager.verify(token).catch((error: unknown) => error);
    }
    await expect(verified).resolves.toMatchObject({ reason: 'revoked_session' });
    await db.destroy();
    await rm(folder, { recursive: true });
  });

  test('fails once the Kysely is destroyed, and that is no refusal', async () => {
    const { db, manager, token } = await openApp();
    await db.destroy();
    await expect(manager.verify(token)).rejects.toThrow('The database connection is not open');
  });
});

test('a driver that chooses among several wrapped databases is asked before a session is refused, and then for each one', async () => {
  const customers = await Promise.all(
    [1, 2].map(async () => {
      const database = new SqliteDatabase(':memory:');
      const manager = createSessionManager({ db: database, keys: 'a secret of more than thirty-two bytes' });
      await migrateToLatest(database);
      const { token } = await manager.issue({ userId: 'ada' });
      return { wrapped: reuseStatements(database), token };
    }),
  );
  const [one, other] = customers;
  let chosen = one!;
  const database = { prepare: (text: string) => chosen.wrapped.prepare(text), close: () => {} };
  const db = new Kysely<SessionsDatabase>({ dialect: new SqliteDialect({ database }) });
  const manager = createSessionManager({ db, keys: 'a secret of more than thirty-two bytes' });
  await manager.verify(one!.token);
  await manager.verify(one!.token);
  chosen = other!;
  await manager.verify(other!.token);
  await expect(manager.verify(one!.token)).rejects.toMatchObject({ reason: 'revoked_session' });
  await manager.verify(other!.token);
});

test('closing closes the database', async () => {
  const { db, database } = open();
  await sql`select 1`.execute(db);
  await db.destroy();
  expect(database.open).toBe(false);
});
