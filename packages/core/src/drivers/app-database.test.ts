import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createPool } from 'mysql2/promise';
import { describe, expect, test, vi } from 'vitest';
import { createSessionManager } from '../manager/manager.ts';
import { migrateToLatest } from '../store/migrations.ts';
import { kyselyOf } from './app-database.ts';
import { untilNoTransaction } from './direct-connection.ts';

const keys = 'a secret of more than thirty-two bytes';

test.each([undefined, null, 'app.db', {}, new pg.Client(), { prepare() {}, close() {} }])(
  'another database is refused, and the message names the option: %#',
  (database) => {
    expect(() => createSessionManager({ db: database as never, keys })).toThrow(
      /^db: expected a Kysely, a Database of/,
    );
  },
);

test('an app’s Kysely stays as it is', () => {
  const db = new Kysely({ dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }) });
  expect(kyselyOf('db', db)).toBe(db);
});

test('each database has one Kysely, however many managers have it', async () => {
  const sqlite = new SqliteDatabase(':memory:');
  expect(kyselyOf('db', sqlite)).toBe(kyselyOf('readDb', sqlite));
  const pool = new pg.Pool();
  expect(kyselyOf('db', pool)).toBe(kyselyOf('db', pool));
  expect(pool.listenerCount('connect')).toBe(1);
  const mysql = createPool({});
  expect(kyselyOf('db', mysql)).toBe(kyselyOf('db', mysql));
  await mysql.end();
});

test('a connection of a pool that breaks while idle does not end the process', () => {
  const pool = new pg.Pool();
  kyselyOf('db', pool);
  expect(() => pool.emit('error', new Error('terminated'))).not.toThrow();
});

test('an app’s Kysely on SQLite keeps its mode, and a warning says once that WAL mode is better', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-wal-'));
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const database = new SqliteDatabase(join(folder, 'app.db'));
  const db = new Kysely({ dialect: new SqliteDialect({ database }) });
  await migrateToLatest(db);
  await migrateToLatest(db);
  expect(database.pragma('journal_mode', { simple: true })).toBe('delete');
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^trpc-sessions: .*journal_mode = wal/));
  await db.destroy();
  await rm(folder, { recursive: true });
});

describe('a Database of better-sqlite3', () => {
  async function open() {
    const sqlite = new SqliteDatabase(':memory:');
    await migrateToLatest(sqlite);
    return { sqlite, manager: createSessionManager({ db: sqlite, keys, databaseTimeout: '1s' }) };
  }

  test('stays open when the manager is closed', async () => {
    const { sqlite, manager } = await open();
    await manager.issue({ userId: 'ada' });
    await manager.close();
    expect(sqlite.open).toBe(true);
  });

  test('is in WAL mode once a manager has it, unless the app chose another', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-wal-'));
    const file = new SqliteDatabase(join(folder, 'app.db'));
    createSessionManager({ db: file, keys });
    expect(file.pragma('journal_mode', { simple: true })).toBe('wal');
    await migrateToLatest(file);
    // NORMAL: the default of better-sqlite3 in this mode.
    expect(file.pragma('synchronous', { simple: true })).toBe(1);
    const chosen = new SqliteDatabase(join(folder, 'chosen.db'));
    chosen.pragma('journal_mode = persist');
    createSessionManager({ db: chosen, keys });
    expect(chosen.pragma('journal_mode', { simple: true })).toBe('persist');
    file.close();
    chosen.close();
    await rm(folder, { recursive: true });
  });

  test('warns once if its file cannot be switched to WAL mode', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trpc-sessions-wal-'));
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const other = new SqliteDatabase(join(folder, 'app.db'));
    other.exec('create table notes (text); begin immediate');
    const file = new SqliteDatabase(join(folder, 'app.db'), { timeout: 0 });
    createSessionManager({ db: file, keys });
    createSessionManager({ db: file, keys });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^trpc-sessions: .*WAL/));
    file.close();
    other.close();
    await rm(folder, { recursive: true });
  });

  test('no code of the app ever meets an open transaction of the manager', async () => {
    const { sqlite, manager } = await open();
    const mark = await manager.signInMark();
    const signIns = Array.from({ length: 5 }, () => manager.issue({ userId: 'ada' }, { since: mark }));
    const writing = Promise.allSettled([...signIns, manager.revokeAll('ada'), manager.purgeExpired()]);
    const states = [];
    for (let turns = 0; turns < 5000; turns += 1) {
      states.push(sqlite.inTransaction);
      await Promise.resolve();
      if (turns % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    expect(states).not.toContain(true);
  });

  test('a sign-in that fails writes nothing', async () => {
    const { sqlite, manager } = await open();
    await manager.issue({ userId: 'ada' });
    sqlite.exec(`create trigger refuse after insert on sessions begin select raise(abort, 'no more'); end`);
    await expect(manager.issue({ userId: 'ada' })).rejects.toThrow('no more');
    expect(sqlite.inTransaction).toBe(false);
    expect(await manager.list('ada')).toHaveLength(1);
  });

  test('a purge writes the log of SQLite back after each chunk, so that no request has to', async () => {
    const asked: unknown[] = [];
    const sqlite = new SqliteDatabase(':memory:', { verbose: (text) => void asked.push(text) });
    await migrateToLatest(sqlite);
    let now = Date.now();
    const manager = createSessionManager({ db: sqlite, keys, lifetime: '1m', clock: () => now });
    for (let n = 0; n < 150; n += 1) await manager.issue({ userId: `u${n}` });
    now += 3_600_000;
    asked.length = 0;
    expect(await manager.purgeExpired()).toBe(150);
    const order = asked.flatMap((text) => /^delete|wal_checkpoint/.exec(String(text)) ?? []);
    expect(order).toEqual(['delete', 'wal_checkpoint', 'delete', 'wal_checkpoint']);
  });

  test('may give its numbers as bigints', async () => {
    const { sqlite, manager } = await open();
    sqlite.defaultSafeIntegers(true);
    const capped = createSessionManager({ db: sqlite, keys, maxSessionsPerUser: 1 });
    const first = await capped.issue({ userId: 'ada' });
    const { token, session } = await capped.issue({ userId: 'ada' });
    expect((await manager.verify(token)).session).toEqual(session);
    await expect(manager.verify(first.token)).rejects.toMatchObject({ reason: 'revoked_session' });
    expect(await manager.list('ada')).toEqual([session]);
    expect(await manager.revokeAll('ada')).toBe(1);
  });

  test('a look-up is not read from an open transaction of the app, which may roll back', async () => {
    const { sqlite, manager } = await open();
    const { token } = await manager.issue({ userId: 'ada' });
    sqlite.exec('begin; delete from sessions');
    const verified = manager.verify(token);
    sqlite.exec('rollback');
    expect((await verified).session.userId).toBe('ada');
  });

  test('one that is closed fails each look-up, and that is no refusal', async () => {
    const { sqlite, manager } = await open();
    const { token } = await manager.issue({ userId: 'ada' });
    sqlite.close();
    await expect(manager.verify(token)).rejects.toThrow('The database connection is not open');
  });

  test('a revocation waits for an open transaction of the app, whose rollback does not undo it', async () => {
    const { sqlite, manager } = await open();
    const { token, session } = await manager.issue({ userId: 'ada' });
    sqlite.exec('begin');
    let isRevoked = false;
    const revoked = manager.revoke({ userId: 'ada', id: session.id }).then(() => (isRevoked = true));
    const verified = manager.verify(token);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isRevoked).toBe(false);
    sqlite.exec('rollback');
    await revoked;
    await verified.catch(() => {});
    await expect(manager.verify(token)).rejects.toMatchObject({ reason: 'revoked_session' });
  });

  test('a call that has failed waits no longer for a transaction that is left open', async () => {
    const database = { isInTransaction: () => true };
    let looks = 0;
    const giveUp = (): void => {
      looks += 1;
      if (looks === 3) throw new Error('too late');
    };
    await expect(untilNoTransaction(database, giveUp)).rejects.toThrow('too late');
    const { sqlite, manager } = await open();
    sqlite.exec('begin');
    const timesOut = manager.revokeAll('ada');
    await expect(timesOut).rejects.toThrow(/databaseTimeout/);
    sqlite.exec('rollback');
    expect(await manager.revokeAll('ada')).toBe(0);
  });

  test('a call inside an open transaction fails after databaseTimeout, and is never run', async () => {
    const { sqlite, manager } = await open();
    const { token } = await manager.issue({ userId: 'ada' });
    sqlite.exec('begin');
    await expect(manager.revokeAll('ada')).rejects.toThrow(/databaseTimeout.*trx/);
    sqlite.exec('commit');
    expect((await manager.verify(token)).session.userId).toBe('ada');
  });
});
